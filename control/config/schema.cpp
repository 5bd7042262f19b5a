// JSON Schema of the configuration.
#include "control/config/schema.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "control/config/option.h"
#include "control/config/value_text.h"
#include "control/config/visit.h"

namespace bowline::control::config {
namespace {

using Json = nlohmann::ordered_json;

// Forms of addresses; whether the numbers fit is for the load to say.
constexpr std::string_view kAddress =
    R"(([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*))";
constexpr std::string_view kPort = "(@[0-9]{1,5})?";

Json pattern(const std::string& whole) {
  return {{"type", "string"}, {"pattern", "^" + whole + "$"}};
}

Json text(std::int64_t least, std::int64_t most) {
  return {{"type", "string"}, {"minLength", least}, {"maxLength", most}};
}

Json number(const Kind& kind) {
  Json schema = {{"type", "integer"}, {"minimum", kind.min}};
  if (kind.max != std::numeric_limits<std::int64_t>::max()) schema["maximum"] = kind.max;
  return schema;
}

Json words(const Kind& kind) {
  Json schema = {{"enum", Json::array()}};
  for (const std::string_view word : split_words(kind.words)) schema["enum"].push_back(word);
  return schema;
}

Json either(Json one, Json other) {
  return {{"anyOf", Json::array({std::move(one), std::move(other)})}};
}

std::string range_pattern() {
  const std::string address(kAddress);
  return address + "(/[0-9]{1,3}|-" + address + R"()?|[0-9]{1,3}(\.[0-9]{1,3}){1,2})";
}

Json value_schema(const Kind& kind) {
  switch (kind.type) {
    case Type::kInt: return number(kind);
    case Type::kTime: return either(number(kind), pattern("-?[0-9]+[smhdwMy]?"));
    case Type::kSize: return either(number(kind), pattern("[0-9]+[BKMG]?"));
    case Type::kBool: return {{"type", "boolean"}};
    case Type::kText: return text(0, kind.max);
    case Type::kPath:
    case Type::kZoneFile: return text(1, kind.max);
    case Type::kHexOrText: return {{"type", "string"}};
    case Type::kBase64: return pattern("[A-Za-z0-9+/]+={0,2}");
    case Type::kPin: return pattern("[A-Za-z0-9+/]{43}=");
    case Type::kAddress: return pattern(std::string(kAddress) + std::string(kPort));
    case Type::kSocket:
    case Type::kDevice:
    case Type::kName: return {{"type", "string"}, {"minLength", 1}};
    case Type::kRange: return pattern("(" + range_pattern() + ")");
    case Type::kRangeOrPath: return pattern("(" + range_pattern() + "|/.+)");
    case Type::kWord: return words(kind);
    case Type::kBoolOrWord: return either({{"type", "boolean"}}, words(kind));
    case Type::kReference: return {{"type", "string"}};
    case Type::kModule: return pattern("mod-[^/]+(/.+)?");
    case Type::kModuleName: return pattern("mod-[^/]+");
    case Type::kUser: return pattern("[^:]+(:[^:]+)?");
    case Type::kFraction: return pattern("[0-9]+/[0-9]+");
    case Type::kRrType: return pattern("[A-Za-z0-9-]+");
  }
  __builtin_unreachable();
}

// A value as JSON: of the type that value_schema() demands.
Json value_json(const Kind& kind, const std::string& written) {
  const auto value = parse_value(kind, written);
  if (!value) return written;
  switch (kind.type) {
    case Type::kInt:
    case Type::kTime:
    case Type::kSize: return value->number();
    case Type::kBool: return value->flag();
    case Type::kWord: return value->text();
    case Type::kBoolOrWord:
      if (value->text() == "on" || value->text() == "off") return value->text() == "on";
      return value->text();
    default: return written;
  }
}

Json setting_json(const Option& option, const Setting& set) {
  if (option.count == Count::kOne) {
    return set.values.empty() ? Json("") : value_json(option.kind, set.values.front());
  }
  Json values = Json::array();
  for (const std::string& value : set.values) values.push_back(value_json(option.kind, value));
  return values;
}

Json default_json(const Option& option) {
  if (option.count == Count::kOne) {
    return value_json(option.kind, std::string(option.fallback.text));
  }
  Json values = Json::array();
  for (const std::string_view word : split_words(option.fallback.text, ' ')) {
    values.push_back(value_json(option.kind, std::string(word)));
  }
  return values;
}

Json option_schema(const Option& option) {
  Json schema = {{"description", option.help}};
  Json value = value_schema(option.kind);
  if (option.count == Count::kMany) {
    schema["type"] = "array";
    schema["items"] = std::move(value);
  } else {
    schema.update(value);
  }
  if (option.fallback.form == Default::Form::kLiteral) schema["default"] = default_json(option);
  if (option.fallback.form == Default::Form::kComputed) {
    schema["x-default"] = option.fallback.text;
  }
  if (option.kind.type == Type::kReference) {
    schema["x-reference"] = split_words(option.kind.words);
  }
  schema["x-since"] = option.since;
  schema["x-restart"] = option.change == When::kRestart;
  schema["x-effective"] = option.effect == Effect::kNow;
  return schema;
}

Json section_schema(const Section& section) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Option* const option : options_of(section.name)) {
    properties[std::string(option->name)] = option_schema(*option);
    const bool is_needed = option->fallback.form == Default::Form::kRequired;
    if (is_needed || option->name == section.id) required.push_back(option->name);
  }
  Json object = {{"type", "object"}, {"additionalProperties", false}};
  if (!required.empty()) object["required"] = std::move(required);
  object["properties"] = std::move(properties);
  if (!section.has_entries()) {
    object["description"] = section.help;
    return object;
  }
  return {{"description", section.help}, {"type", "array"}, {"items", std::move(object)}};
}

}  // namespace

std::string json_schema() {
  Json sections_of = Json::object();
  for (const Section& section : sections()) {
    sections_of[std::string(section.name)] = section_schema(section);
  }
  const Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                       {"title", "Configuration of Bowline " BOWLINE_VERSION},
                       {"type", "object"},
                       {"additionalProperties", false},
                       {"properties", std::move(sections_of)}};
  return schema.dump(2) + "\n";
}

std::string to_json(const Config& config) {
  Json all = Json::object();
  visit(config, ItemPath{},
        [&](const Section& section, std::string_view, const Option& option, const Setting& set) {
          Json& of_section = all[std::string(section.name)];
          if (section.has_entries() && option.name == section.id) {
            of_section.push_back(Json::object());
          }
          Json& entry = section.has_entries() ? of_section.back() : of_section;
          entry[std::string(option.name)] = setting_json(option, set);
          return true;
        });
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace bowline::control::config
