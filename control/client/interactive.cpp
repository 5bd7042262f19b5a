#include "control/client/interactive.h"

#include <histedit.h>
#include <sys/stat.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <iostream>
#include <memory>
#include <string>

#include "control/client/command.h"
#include "control/client/complete.h"
#include "control/client/interrupt.h"
#include "control/client/names.h"
#include "control/client/progress.h"
#include "control/client/remote.h"
#include "control/client/table.h"
#include "control/client/words.h"

namespace bowline::control::client {

namespace {

constexpr const char* kPrompt = "bowlinec> ";
constexpr const char* kHistoryFile = ".bowlinec_history";
constexpr int kHistoryLines = 1000;
constexpr std::size_t kMostShown = 200;  // candidates; more say nothing

enum class Next : std::uint8_t { kContinue, kEnd };

Next run_line(const Options& options, const std::string& text) {
  const Line line = cut_line(text);
  std::vector<std::string> words = line.texts();
  if (words.empty()) return Next::kContinue;
  if (line.is_open) {
    complain("a quote or a backslash has no end", kWrongUse);
    return Next::kContinue;
  }
  if (words[0] == kExitCommand || words[0] == kQuitCommand) return Next::kEnd;
  if (words[0] == kHelpCommand) {
    std::fputs(command_help(words.size() > 1 ? words[1] : "").c_str(), stdout);
    std::fflush(stdout);
    return Next::kContinue;
  }
  Options own = options;
  if (auto taken = take_options_after_command(words, own); !taken) {
    complain(taken.error(), kWrongUse);
    return Next::kContinue;
  }
  (void)run_command(own, std::move(words));
  return Next::kContinue;
}

// Keys belong into no history.
bool is_secret(const std::string& line) { return line.find("secret") != std::string::npos; }

class Editor {
 public:
  explicit Editor(const Options& options);
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;
  ~Editor();

  bool ok() const { return edit_ != nullptr && history_ != nullptr; }
  void run();

 private:
  static char* prompt(EditLine*) { return const_cast<char*>(kPrompt); }
  static int read_letter(EditLine* edit, wchar_t* letter);
  static unsigned char on_tab(EditLine* edit, int);
  unsigned char complete_here();
  void list(const std::vector<std::string>& candidates);
  void remember(const std::string& line);

  const Options options_;
  ServerNames names_;
  EditLine* edit_;
  History* history_;
  std::string history_path_;
};

Editor::Editor(const Options& options)
    : options_(options),
      names_(options),
      edit_(::el_init("bowlinec", stdin, stdout, stderr)),
      history_(::history_init()) {
  if (!ok()) return;
  HistEvent event;
  ::history(history_, &event, H_SETSIZE, kHistoryLines);
  ::history(history_, &event, H_SETUNIQUE, 1);
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    history_path_ = std::string(home) + "/" + kHistoryFile;
    ::history(history_, &event, H_LOAD, history_path_.c_str());
  }
  ::el_set(edit_, EL_CLIENTDATA, this);
  ::el_set(edit_, EL_PROMPT, &Editor::prompt);
  ::el_set(edit_, EL_EDITOR, "emacs");
  ::el_set(edit_, EL_HIST, &::history, history_);
  ::el_set(edit_, EL_GETCFN, &Editor::read_letter);
  ::el_set(edit_, EL_ADDFN, "bowlinec-complete", "Completes the word", &Editor::on_tab);
  ::el_set(edit_, EL_BIND, "^I", "bowlinec-complete", nullptr);
  ::el_set(edit_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
  ::el_source(edit_, nullptr);  // ~/.editrc
}

Editor::~Editor() {
  if (history_ != nullptr) {
    HistEvent event;
    const mode_t before = ::umask(0077);  // it may tell of zones that are nobody's business
    if (!history_path_.empty()) ::history(history_, &event, H_SAVE, history_path_.c_str());
    ::umask(before);
    ::history_end(history_);
  }
  if (edit_ != nullptr) ::el_end(edit_);
}

void Editor::remember(const std::string& line) {
  if (line.find_first_not_of(" \t\r\n") == std::string::npos || is_secret(line)) return;
  HistEvent event;
  ::history(history_, &event, H_ENTER, line.c_str());
}

void Editor::run() {
  for (;;) {
    Interrupt::clear();
    ::el_resize(edit_);  // the window may have changed
    int count = 0;
    const char* const read = ::el_gets(edit_, &count);
    if (Interrupt::ends_program()) return;
    if (Interrupt::is_set()) {
      std::fputs("^C\n", stdout);
      continue;
    }
    if (read == nullptr || count <= 0) {
      std::fputs("\n", stdout);
      return;
    }
    const std::string line(read, static_cast<std::size_t>(count));
    remember(line);
    if (run_line(options_, line) == Next::kEnd || Interrupt::ends_program()) return;
  }
}

// What libedit reads itself would wait in read(), where a signal that came just before is lost.
int Editor::read_letter(EditLine*, wchar_t* letter) {
  std::mbstate_t state{};
  for (;;) {
    pollfd keys{STDIN_FILENO, POLLIN, 0};
    if (Interrupt::poll(&keys, 1, -1) < 0) {
      if (Interrupt::is_set()) return -1;
      continue;
    }
    char octet = 0;
    const ssize_t got = ::read(STDIN_FILENO, &octet, 1);
    if (got <= 0) return static_cast<int>(got);
    const std::size_t size = std::mbrtowc(letter, &octet, 1, &state);
    if (size == static_cast<std::size_t>(-2)) continue;  // more octets belong to it
    if (size == static_cast<std::size_t>(-1)) *letter = L'?';
    return 1;
  }
}

unsigned char Editor::on_tab(EditLine* edit, int) {
  Editor* self = nullptr;
  ::el_get(edit, EL_CLIENTDATA, &self);
  return self->complete_here();
}

unsigned char Editor::complete_here() {
  const LineInfo* const info = ::el_line(edit_);
  const std::string line(info->buffer, static_cast<std::size_t>(info->cursor - info->buffer));
  const Completion found = complete(line, names_);
  if (found.candidates.empty()) return CC_ERROR;
  std::string fresh = quote_word(common_prefix(found.candidates));
  const bool is_only = found.candidates.size() == 1;
  if (is_only && found.is_whole) fresh += ' ';
  const std::string old = line.substr(found.begin);
  if (fresh != old && !common_prefix(found.candidates).empty() &&
      (is_only || fresh.size() > old.size())) {
    ::el_deletestr(edit_, static_cast<int>(old.size()));
    return ::el_insertstr(edit_, fresh.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
  }
  list(found.candidates);
  return CC_REDISPLAY;
}

void Editor::list(const std::vector<std::string>& candidates) {
  std::size_t widest = 0;
  for (const std::string& each : candidates) widest = std::max(widest, printable(each).size() + 2);
  const std::size_t columns = std::max<std::size_t>(1, terminal_width(STDOUT_FILENO) / widest);
  std::string text = "\n";
  const std::size_t shown = std::min(candidates.size(), kMostShown);
  for (std::size_t i = 0; i < shown; ++i) {
    std::string cell = printable(candidates[i]);
    const bool ends_row = (i + 1) % columns == 0 || i + 1 == shown;
    if (!ends_row) cell.resize(widest, ' ');
    text += cell + (ends_row ? "\n" : "");
  }
  if (shown < candidates.size()) {
    text += "and " + std::to_string(candidates.size() - shown) + " more\n";
  }
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

int interact(const Options& given) {
  // Found once: a configuration of a million zones is not read for each command.
  Options options = given;
  if (auto remote = Remote::find(options)) options.socket = remote->socket();
  if (::isatty(STDIN_FILENO) != 1) {
    for (std::string line; std::getline(std::cin, line);) {
      if (run_line(options, line) == Next::kEnd) break;
    }
    return kDone;
  }
  std::setlocale(LC_CTYPE, "");
  const Interrupt interrupt;
  Editor editor(options);
  if (!editor.ok()) return complain("the terminal cannot be used for editing lines", kFailed);
  std::puts("Type 'help' for commands, 'exit' to leave; Tab completes.");
  editor.run();
  return kDone;
}

}  // namespace bowline::control::client
