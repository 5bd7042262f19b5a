// Prints the completion file of the shell that is named: bash, zsh or fish. Run by the build.
#include <cstdio>
#include <string_view>

#include "control/client/shell_completion.h"

int main(int argc, char** argv) {
  using namespace bowline::control::client;
  const std::string_view shell = argc == 2 ? argv[1] : "";
  if (shell != "bash" && shell != "zsh" && shell != "fish") {
    std::fputs("usage: shell_completion bash|zsh|fish\n", stderr);
    return 2;
  }
  const std::string text = shell == "bash"  ? bash_completion()
                           : shell == "zsh" ? zsh_completion()
                                            : fish_completion();
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
