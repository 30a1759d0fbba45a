// A Document in a few lines: section("Account A").with("quick", "5")…; line numbers count up from 1.
#pragma once

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "offlineimap/config/options.hpp"

namespace offlineimap::config {

class Builder {
  public:
    Builder& section(std::string name) {
        section_ = std::move(name);
        document.add_section(section_, {"rc", ++line_});
        return *this;
    }
    Builder& with(std::string_view option, std::string value) {
        document.set(section_, option, std::move(value), {"rc", ++line_});
        return *this;
    }
    Document document;

  private:
    std::string section_;
    std::size_t line_ = 0;
};

inline Surroundings surroundings() {
    return {.home = "/home/me",
            .environment = {{"MAIL", "/var/mail"}, {"A_1", "a1"}, {"EMPTY", ""}},
            .homes_of_users = {{"other", "/home/other/"}}};
}

// The sentence of the configuration error that `function` ends with.
template <class Function>
std::string failure_of(Function function) {
    try {
        function();
    } catch (const base::Error& error) {
        EXPECT_EQ(error.severity(), base::Severity::repository);
        EXPECT_EQ(error.code(), base::ErrorCode::configuration);
        return error.what();
    }
    ADD_FAILURE() << "no error";
    return "";
}

}  // namespace offlineimap::config
