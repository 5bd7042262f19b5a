#include "control/client/shell_completion.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "control/api/commands.h"
#include "control/client/options.h"
#include "control/config/option.h"

namespace bowline::control::client {

namespace {

std::string head(std::string_view shell) {
  return fmt::format("# Completion of bowlinec for {}, written from its command table.\n", shell);
}

// What bash and zsh share: the names that only the server knows, and the items of a section.
constexpr std::string_view kBashNames = R"sh(
# Identifiers of a section's entries, as the server of this command line tells them.
_bowlinec_ids() {
    bowlinec "${_bowlinec_source[@]}" -x -t 2 conf-read "$1.$(_bowlinec_id "$1")" 2>/dev/null |
        sed -n 's/^[^=]* = //p'
}
)sh";

constexpr std::string_view kBashBody = R"bash(
_bowlinec_item() {
    local section=${cur%%[.\[]*} id
    compopt -o nospace 2>/dev/null
    case $cur in
        *\[*\].*) _bowlinec_reply "$(_bowlinec_items "$section")" "${cur%\].*}]." ;;
        *\[*) for id in $(_bowlinec_ids "$section"); do
                  _bowlinec_reply "$section[$id]" ''
              done ;;
        *.*) _bowlinec_reply "$(_bowlinec_items "$section")" "$section." ;;
        *) _bowlinec_reply "$_bowlinec_sections" ''
           if [ -n "$(_bowlinec_items "$section")" ]; then
               COMPREPLY=("$section.")
               [ -n "$(_bowlinec_id "$section")" ] && COMPREPLY+=("$section[")
           fi ;;
    esac
}

# Adds those of the words in $1, each behind $2, that the word under the cursor begins.
_bowlinec_reply() {
    local word
    for word in $1; do
        [[ $2$word == "$cur"* ]] && COMPREPLY+=("$2$word")
    done
}

_bowlinec() {
    local cur=${COMP_WORDS[COMP_CWORD]} verb='' at=0 i word
    local -a _bowlinec_source=()
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [ -n "$verb" ]; then
            case $word in -*) ;; *) at=$((at + 1)) ;; esac
            continue
        fi
        case $word in
            -c|--config|-C|--confdb|-s|--socket)
                if ((i + 1 == COMP_CWORD)); then
                    COMPREPLY=($(compgen -f -- "$cur"))
                    return
                fi
                _bowlinec_source+=("$word" "${COMP_WORDS[i + 1]}")
                i=$((i + 1)) ;;
            -m|--max-conf-size|-t|--timeout)
                ((i + 1 == COMP_CWORD)) && return
                i=$((i + 1)) ;;
            -*) ;;
            *) verb=$word ;;
        esac
    done
    if [ -z "$verb" ]; then
        case $cur in
            -*) _bowlinec_reply "$_bowlinec_options" '' ;;
            *) _bowlinec_reply "$_bowlinec_commands" '' ;;
        esac
        return
    fi
    local zones='' details='' filters='' items='' types='' files='' extras=''
    _bowlinec_verb "$verb"
    case $cur in
        -*) _bowlinec_reply "$_bowlinec_after $extras" ''; return ;;
        +*) _bowlinec_reply "$filters" ''; return ;;
    esac
    ((at == 0)) && _bowlinec_reply "$details" ''
    if [ "$zones" = all ] || { [ "$zones" = first ] && ((at == 0)); }; then
        _bowlinec_reply "$(_bowlinec_ids zone)" ''
    fi
    [ -n "$types" ] && ((at == 2)) && _bowlinec_reply "$types" ''
    if [ "$items" = all ] || { [ "$items" = first ] && ((at == 0)); }; then _bowlinec_item; fi
    [ -n "$files" ] && ((at == 0)) && COMPREPLY+=($(compgen -f -- "$cur"))
}
complete -F _bowlinec bowlinec
)bash";

constexpr std::string_view kZshBody = R"zsh(
_bowlinec() {
    local curcontext=$curcontext state line verb at section
    local -a _bowlinec_source found
    local -A opt_args
    _arguments -C -s $_bowlinec_options ':command:->command' '*::argument:->argument' && return
    case $state in
        command) _describe 'command' _bowlinec_commands ;;
        argument)
            local option
            for option in -c --config -C --confdb -s --socket; do
                [[ -n ${opt_args[$option]} ]] && _bowlinec_source+=($option ${opt_args[$option]})
            done
            verb=$words[1] at=$((CURRENT - 2))
            local zones details filters items types files extras
            _bowlinec_verb $verb
            case $PREFIX in
                -*) found=(${=_bowlinec_after} ${=extras}) ;;
                +*) found=(${=filters}) ;;
                *)
                    ((at == 0)) && found+=(${=details})
                    if [[ $zones == all || ( $zones == first && $at == 0 ) ]]; then
                        found+=(${(f)"$(_bowlinec_ids zone)"})
                    fi
                    [[ -n $types ]] && ((at == 2)) && found+=(${=types})
                    if [[ $items == all || ( $items == first && $at == 0 ) ]]; then
                        _bowlinec_item
                        return
                    fi
                    [[ -n $files ]] && ((at == 0)) && { _files; return } ;;
            esac
            compadd -a found ;;
    esac
}

_bowlinec_item() {
    local section=${PREFIX%%[.\[]*}
    case $PREFIX in
        *\[*\].*) compadd -p "${PREFIX%\].*}]." -- $(_bowlinec_items $section) ;;
        *\[*) found=(${(f)"$(_bowlinec_ids $section)"})
              compadd -Q -S '' -p "$section"'[' -s ']' -a found ;;
        *.*) compadd -p "$section." -- $(_bowlinec_items $section) ;;
        *) compadd -S '.' -- ${=_bowlinec_sections} ;;
    esac
}

_bowlinec "$@"
)zsh";

constexpr std::string_view kFishBody = R"fish(
# The command of the line; fails if there is none yet.
function __bowlinec_verb
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case -c --config -C --confdb -s --socket -m --max-conf-size -t --timeout
                set -e words[1]
            case '-*'
            case '*'
                echo $words[1]
                return 0
        end
        set -e words[1]
    end
    return 1
end

function __bowlinec_needs_verb
    not __bowlinec_verb >/dev/null
end

function __bowlinec_is
    set -l verb (__bowlinec_verb)
    and contains -- $verb $argv
end

# Identifiers of a section's entries, as the server of this command line tells them.
function __bowlinec_ids
    set -l words (commandline -opc)
    set -l source
    while set -q words[2]
        if contains -- $words[1] -c --config -C --confdb -s --socket
            set source $source $words[1] $words[2]
        end
        set -e words[1]
    end
    bowlinec $source -x -t 2 conf-read "$argv[1].$argv[2]" 2>/dev/null |
        string replace -r '^[^=]* = ' ''
end
)fish";

std::string joined(const std::vector<std::string_view>& words, std::string_view before = {}) {
  std::string text;
  for (const std::string_view word : words) {
    text += fmt::format("{}{}{}", text.empty() ? "" : " ", before, word);
  }
  return text;
}

std::string after_command() {
  std::string text;
  for (const OptionRow& row : option_rows()) {
    if (row.after_command) text += fmt::format("{}--{}", text.empty() ? "" : " ", row.name);
  }
  return text;
}

std::string_view extras_of(const api::Command& command) {
  if (command.name == "status") return "--watch";
  if (command.name == "stats") return "--prometheus";
  return command.name == "conf-commit" ? "--confirm" : "";
}

bool takes_file(const api::Command& command) {
  return command.arguments.find("<filename>") != std::string_view::npos;
}

bool has_tail(const api::Command& command) {
  return command.is(api::kTakesRecord) || command.is(api::kTakesCounter);
}

// Values that only begin with a command's arguments: of conf-set and conf-unset the item.
bool edits(const api::Command& command) {
  return command.arguments.find("<data>") != std::string_view::npos;
}

constexpr std::string_view kTypes = "A AAAA CAA CNAME DNSKEY DS MX NS PTR SOA SRV TXT HTTPS SVCB";

// _bowlinec_verb VERB sets what the verb takes; for bash and zsh.
std::string verb_function() {
  std::string out = "\n_bowlinec_verb() {\n    case $1 in\n";
  for (const api::Command& command : api::commands()) {
    std::string sets;
    const auto set = [&](std::string_view name, std::string_view value) {
      if (!value.empty()) sets += fmt::format(" {}='{}'", name, value);
    };
    if (command.is(api::kTakesZones)) set("zones", has_tail(command) ? "first" : "all");
    const bool filters = command.is(api::kTakesFilters);
    set(filters ? "filters" : "details", joined(api::words_of(command), filters ? "+" : ""));
    if (command.is(api::kTakesItems)) set("items", edits(command) ? "first" : "all");
    if (command.is(api::kTakesRecord)) set("types", kTypes);
    if (takes_file(command)) set("files", "yes");
    set("extras", extras_of(command));
    if (!sets.empty()) out += fmt::format("        {}){} ;;\n", command.name, sets);
  }
  return out + "    esac\n}\n";
}

// _bowlinec_items SECTION and _bowlinec_id SECTION print; for bash and zsh.
std::string section_functions() {
  std::string items = "\n_bowlinec_items() {\n    case $1 in\n";
  std::string ids = "\n_bowlinec_id() {\n    case $1 in\n";
  for (const config::Section& section : config::sections()) {
    std::vector<std::string_view> names;
    for (const config::Option* option : config::options_of(section.name)) {
      names.push_back(option->name);
    }
    items += fmt::format("        {}) echo {} ;;\n", section.name, joined(names));
    if (section.has_entries()) {
      ids += fmt::format("        {}) echo {} ;;\n", section.name, section.id);
    }
  }
  return items + "    esac\n}\n" + ids + "    esac\n}\n";
}

std::string section_names() {
  std::vector<std::string_view> names;
  for (const config::Section& section : config::sections()) names.push_back(section.name);
  return joined(names);
}

// A text as a word of a shell, and within zsh's descriptions.
std::string quoted(std::string_view text, bool zsh = false) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (zsh && (c == ':' || c == '[' || c == ']')) out += '\\';
    out += c;
  }
  return out + "'";
}

std::string_view value_action(const OptionRow& row) {
  return row.letter == 'm' || row.letter == 't' ? "" : "_files";
}

}  // namespace

std::string bash_completion() {
  std::vector<std::string_view> names;
  for (const api::Command& command : api::commands()) names.push_back(command.name);
  std::vector<std::string_view> options;
  for (const OptionRow& row : option_rows()) options.push_back(row.name);
  return head("bash") +
         fmt::format(
             "\n_bowlinec_commands='{}'\n_bowlinec_options='{}'\n_bowlinec_after='{}'\n"
             "_bowlinec_sections='{}'\n",
             joined(names), joined(options, "--"), after_command(), section_names()) +
         verb_function() + section_functions() + std::string(kBashNames) + std::string(kBashBody);
}

std::string zsh_completion() {
  std::string out = "#compdef bowlinec\n" + head("zsh");
  out += "\n_bowlinec_commands=(\n";
  for (const api::Command& command : api::commands()) {
    out += "    " + quoted(fmt::format("{}:{}", command.name, command.help)) + "\n";
  }
  out += ")\n_bowlinec_options=(\n";
  for (const OptionRow& row : option_rows()) {
    const std::string help = quoted(row.help, true);
    const std::string inner = help.substr(1, help.size() - 2);
    const std::string value =
        row.value.empty() ? "" : fmt::format(":{}:{}", row.name, value_action(row));
    out += fmt::format("    '(-{0} --{1})'{{-{0},--{1}}}'[{2}]{3}'\n", row.letter, row.name, inner,
                       value);
  }
  out += fmt::format(")\n_bowlinec_after='{}'\n_bowlinec_sections='{}'\n", after_command(),
                     section_names());
  return out + verb_function() + section_functions() + std::string(kBashNames) +
         std::string(kZshBody);
}

std::string fish_completion() {
  std::string out = head("fish") + std::string(kFishBody) + "\ncomplete -c bowlinec -f\n";
  for (const OptionRow& row : option_rows()) {
    const std::string_view when = row.after_command ? "" : " -n __bowlinec_needs_verb";
    out += fmt::format("complete -c bowlinec{} -s {} -l {}{} -d {}\n", when, row.letter, row.name,
                       row.value.empty() ? "" : (value_action(row).empty() ? " -x" : " -rF"),
                       quoted(row.help));
  }
  for (const api::Command& command : api::commands()) {
    out += fmt::format("complete -c bowlinec -n __bowlinec_needs_verb -a {} -d {}\n", command.name,
                       quoted(command.help));
    const std::string when =
        fmt::format("complete -c bowlinec -n '__bowlinec_is {}'", command.name);
    const std::string words =
        joined(api::words_of(command), command.is(api::kTakesFilters) ? "+" : "");
    if (!words.empty()) out += fmt::format("{} -a '{}'\n", when, words);
    if (command.is(api::kTakesZones)) {
      out += fmt::format("{} -a '(__bowlinec_ids zone domain)'\n", when);
    }
    if (command.is(api::kTakesRecord)) out += fmt::format("{} -a '{}'\n", when, kTypes);
    if (command.is(api::kTakesItems)) out += fmt::format("{} -a '(__bowlinec_items)'\n", when);
    if (takes_file(command)) out += fmt::format("{} -F\n", when);
    const std::string_view extras = extras_of(command);
    if (!extras.empty()) out += fmt::format("{} -l {}\n", when, extras.substr(2));
  }
  out += "\nfunction __bowlinec_items\n";
  for (const config::Section& section : config::sections()) {
    out += fmt::format("    echo {}\n", section.name);
    for (const config::Option* option : config::options_of(section.name)) {
      out += fmt::format("    echo {}.{}\n", section.name, option->name);
    }
  }
  return out + "end\n";
}

}  // namespace bowline::control::client
