#include "offlineimap/config/options.hpp"

#include "section_reader.hpp"

namespace offlineimap::config {

namespace {

constexpr std::string_view kSection = "mbnames";

void require(const Document& document, std::string_view option) {
    if (document.has(kSection, option)) return;
    document.fail(kSection, option, "No option '" + std::string(option) + "' in section: 'mbnames'");
}

}  // namespace

std::optional<Mbnames> read_mbnames(const Document& document, const Surroundings& surroundings) {
    if (!document.has_section(kSection)) return std::nullopt;
    for (const std::string_view option : {"peritem", "header", "sep", "footer", "filename"})
        require(document, option);
    const SectionReader section(document, std::string(kSection));
    Mbnames options;
    options.enabled = section.flag("enabled", false);
    options.filename = expand_path(section.required_text("filename", "the file to write"), surroundings);
    options.header = *section.expression("header");
    options.separator = *section.expression("sep");
    options.footer = *section.expression("footer");
    const RawOption& peritem = *document.find(kSection, "peritem");
    options.peritem = {peritem.value, std::string(kSection), peritem.name, peritem.origin};
    options.folderfilter = section.expression("folderfilter");
    options.sort_keyfunc = section.expression("sort_keyfunc");
    options.incremental = section.flag("incremental", false);
    return options;
}

}  // namespace offlineimap::config
