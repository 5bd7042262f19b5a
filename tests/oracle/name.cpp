#include "name.h"

#include <algorithm>
#include <cstdio>

namespace bowline::oracle {

Octets lower(Octets octets) {
  for (char& c : octets) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return octets;
}

Name lower(Name name) {
  for (Octets& label : name) label = lower(std::move(label));
  return name;
}

Octets to_wire(const Name& name) {
  Octets wire;
  for (auto label = name.rbegin(); label != name.rend(); ++label) {
    wire += static_cast<char>(label->size());
    wire += *label;
  }
  wire += '\0';
  return wire;
}

std::size_t wire_size(const Name& name) {
  std::size_t size = 1;
  for (const Octets& label : name) size += 1 + label.size();
  return size;
}

Name suffix(const Name& name, std::size_t count) {
  return Name(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(count));
}

Name below(const Name& parent, const Octets& label) {
  Name name = parent;
  name.push_back(label);
  return name;
}

Name below(const Name& parent, const Name& rest) {
  Name name = parent;
  name.insert(name.end(), rest.begin(), rest.end());
  return name;
}

bool is_at_or_below(const Name& name, const Name& ancestor) {
  return name.size() >= ancestor.size() &&
         std::equal(ancestor.begin(), ancestor.end(), name.begin());
}

bool read_name(const Octets& octets, std::size_t& at, Name& name) {
  name.clear();
  std::size_t total = 0;
  while (at < octets.size()) {
    const auto length = static_cast<unsigned char>(octets[at]);
    total += 1u + length;
    if (length > kMaxLabel || total > kMaxName || at + 1 + length > octets.size()) return false;
    at += 1u + length;
    if (length == 0) {
      std::reverse(name.begin(), name.end());
      return true;
    }
    name.push_back(octets.substr(at - length, length));
  }
  return false;
}

std::string to_text(const Name& name) {
  std::string text;
  for (auto label = name.rbegin(); label != name.rend(); ++label) {
    for (const char c : *label) {
      const auto octet = static_cast<unsigned char>(c);
      const bool plain = (octet >= '0' && octet <= '9') || (octet >= 'a' && octet <= 'z') ||
                         (octet >= 'A' && octet <= 'Z') || octet == '-' || octet == '_' ||
                         octet == '*';
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\%03u", unsigned{octet});
      if (plain) text += c;
      else text += escaped;
    }
    text += '.';
  }
  return text.empty() ? "." : text;
}

}  // namespace bowline::oracle
