#include "json_object.hpp"

#include <nlohmann/json.hpp>

namespace offlineimap::client {

namespace {

constexpr int kDeepest = 16;

}  // namespace

std::optional<JsonFields> parse_json_fields(std::string_view text) {
    using Json = nlohmann::json;
    bool too_deep = false;
    const auto watch = [&too_deep](int depth, Json::parse_event_t, Json&) {
        too_deep = too_deep || depth > kDeepest;
        return !too_deep;
    };
    auto document = Json::parse(text.begin(), text.end(), watch, false);
    if (too_deep || !document.is_object()) return std::nullopt;
    JsonFields fields;
    for (auto& [name, value] : document.items()) {
        if (value.is_string()) {
            auto& string = value.get_ref<std::string&>();
            fields.insert_or_assign(name, base::Secret(string));
            base::wipe(string.data(), string.size());
        } else if (value.is_number() || value.is_boolean()) {
            fields.insert_or_assign(name, base::Secret(value.dump()));
        }
    }
    return fields;
}

std::string_view field_of(const JsonFields& fields, std::string_view name) noexcept {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string_view() : found->second.reveal();
}

}  // namespace offlineimap::client
