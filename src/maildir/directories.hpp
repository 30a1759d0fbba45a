// The three directories of a Maildir folder, opened once, and all that is done to files in them. A symbolic
// link to a regular file is a message too: it is followed for reading, and itself renamed and removed.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <sys/stat.h>

#include "offlineimap/mail/flags.hpp"
#include "offlineimap/os/file.hpp"

namespace offlineimap::maildir {

// Where a delivered message lives.
enum class Place : std::uint8_t { fresh, cur };

Place place_for(mail::Flags flags) noexcept;

class Directories {
  public:
    // Throws Error{folder, …} if one is missing or unreadable.
    explicit Directories(std::filesystem::path folder);
    // Opens them again, in case other ones stand there now.
    void reopen();

    const std::filesystem::path& folder() const noexcept { return folder_; }
    int descriptor(Place place) const noexcept { return places_[index_of(place)].get(); }
    int tmp() const noexcept { return tmp_.get(); }
    // For error messages.
    std::filesystem::path path_of(Place place, std::string_view name) const;

    // Calls `seen` with the name of every regular file and of every link to one, except those that begin with
    // '.'. Throws Cancelled.
    void for_each_file(Place place, const std::stop_token& stop,
                       const std::function<void(std::string_view)>& seen) const;
    // The same for entries of every kind.
    void for_each_entry(Place place, const std::stop_token& stop,
                        const std::function<void(std::string_view)>& seen) const;
    // Of what a link leads to. nullopt if there is no such message; throws Error{folder, …} if that cannot be
    // known.
    std::optional<struct stat> status_of(Place place, const std::string& name) const;
    struct OpenFile {
        os::FileDescriptor file;
        struct stat status;
    };
    // For reading; nullopt if there is no such message. Nothing but a regular file is ever read.
    std::optional<OpenFile> open(Place place, const std::string& name) const;

    enum class Outcome { done, source_missing, target_exists };
    Outcome rename(Place from, const std::string& old_name, Place to, const std::string& new_name) const;
    Outcome deliver(const std::string& tmp_name, Place to, const std::string& name) const;
    // False if there is none.
    bool unlink(Place place, const std::string& name) const;
    void unlink_tmp(const std::string& name) const noexcept;
    void sync(Place place) const;
    // Removes regular files in tmp that were neither written nor otherwise changed since: what deliveries
    // that died have left there.
    void sweep_tmp(std::chrono::sys_seconds older_than) const;

  private:
    static constexpr std::size_t index_of(Place place) noexcept { return static_cast<std::size_t>(place); }
    std::filesystem::path folder_;
    std::array<os::FileDescriptor, 2> places_;
    os::FileDescriptor tmp_;
};

}  // namespace offlineimap::maildir
