#include <array>
#include <cassert>
#include <ctime>
#include <sys/stat.h>
#include <utility>

#include "offlineimap/mail/header.hpp"
#include "offlineimap/mail/message_bytes.hpp"
#include "offlineimap/maildir/folder.hpp"
#include "offlineimap/os/durable_batch.hpp"
#include "offlineimap/os/stop_point.hpp"
#include "offlineimap/os/system.hpp"

#include "folder_state.hpp"
#include "sequence.hpp"

namespace offlineimap::maildir {
namespace {

using base::Severity;

// What is gathered before it is written, so that a small message costs one call.
constexpr std::size_t kBlock = 64U << 10U;
// How much of a message is kept to find its date.
constexpr std::size_t kHeaderLimit = 256U << 10U;

// A file in tmp, removed unless it was moved out.
class TmpFile {
  public:
    TmpFile(const Directories& directories, std::string name, os::FileDescriptor file)
        : directories_(&directories), name_(std::move(name)), file_(std::move(file)) {}
    TmpFile(TmpFile&& other) noexcept
        : directories_(other.directories_),
          name_(std::exchange(other.name_, {})),
          file_(std::move(other.file_)) {}
    TmpFile& operator=(TmpFile&&) = delete;
    ~TmpFile() {
        if (!name_.empty()) directories_->unlink_tmp(name_);
    }

    int descriptor() const noexcept { return file_.get(); }
    const std::string& name() const noexcept { return name_; }
    os::FileDescriptor take_descriptor() noexcept { return std::move(file_); }
    void moved_out() noexcept { name_.clear(); }

  private:
    const Directories* directories_;
    std::string name_;
    os::FileDescriptor file_;
};

// A message whose bytes are complete.
struct Finished {
    TmpFile file;
    base::Uid uid;
    mail::Flags flags;
    std::int64_t name_time;
    std::optional<std::int64_t> file_time;
};

std::string tmp_name(const std::string& host) {
    std::string name = std::to_string(os::now().time_since_epoch().count()) + ".P" +
                       std::to_string(os::process_id()) + 'Q' + std::to_string(next_tmp_number()) + '.' +
                       host;
    for (char& c : name) {
        if (c == '/') c = '-';
    }
    return name;
}

std::optional<std::int64_t> date_in(std::string_view header, std::string_view name) {
    const auto value = mail::header_value(header, name);
    const auto date = value ? mail::parse_date(*value) : std::nullopt;
    return date ? std::optional(date->utc.time_since_epoch().count()) : std::nullopt;
}

// A time that the file system cannot keep leaves the message as good as before.
void set_file_time(int descriptor, std::int64_t seconds) noexcept {
    const timespec time{.tv_sec = static_cast<std::time_t>(seconds), .tv_nsec = 0};
    const std::array times = {time, time};
    static_cast<void>(::futimens(descriptor, times.data()));
}

}  // namespace

struct Delivery::State {
    explicit State(Folder::State& folder_state) : folder(folder_state) {}

    TmpFile create_file() const;
    bool needs_header() const noexcept;
    void flush();
    void reset() noexcept;
    Finished describe(base::Uid uid, mail::Flags flags);
    std::optional<std::string> unreadable_date() const;
    Location destination_of(const Finished& message) const;
    std::vector<Location> destinations_of(const std::vector<Finished>& batch) const;
    void announce(const std::vector<Location>& destinations) const;
    Delivered place(Finished& message, Location to, std::array<bool, 2>& touched);

    Folder::State& folder;
    std::vector<Finished> finished;
    std::uint64_t finished_bytes = 0;
    // The message that is being written.
    std::optional<TmpFile> current;
    mail::CrlfToLf converter;
    std::string buffer;  // converted, not written yet
    std::string header;  // the first bytes, if the date is needed
    std::uint64_t written = 0;
};

TmpFile Delivery::State::create_file() const {
    try {
        for (;;) {
            auto name = tmp_name(folder.host);
            auto file = os::create_at(folder.directories.tmp(), name, 0666, Severity::folder);
            if (file) return {folder.directories, std::move(name), *std::move(file)};
        }
    } catch (const base::Error& error) {
        throw base::Error(error.severity(), error.code(),
                          "cannot deliver into '" + folder.settings.path.string() + "': " + error.what());
    }
}

bool Delivery::State::needs_header() const noexcept {
    return folder.settings.utime_from_header || folder.settings.filename_use_mail_timestamp;
}

void Delivery::State::flush() {
    if (needs_header()) header.append(buffer, 0, kHeaderLimit - header.size());
    os::write_all(current->descriptor(), buffer, Severity::folder,
                  folder.settings.path / "tmp" / current->name());
    written += buffer.size();
    buffer.clear();
}

void Delivery::State::reset() noexcept {
    current.reset();
    converter = {};
    buffer.clear();
    header.clear();
    written = 0;
}

Finished Delivery::State::describe(base::Uid uid, mail::Flags flags) {
    const std::string_view block = std::string_view{header}.substr(0, mail::header_length(header));
    const auto& settings = folder.settings;
    const auto date = needs_header() ? date_in(block, "Date") : std::nullopt;
    auto name_time = settings.filename_use_mail_timestamp ? date : std::nullopt;
    if (settings.filename_use_mail_timestamp && !name_time) name_time = date_in(block, "Delivery-date");
    return {.file = *std::exchange(current, std::nullopt),
            .uid = uid,
            .flags = flags,
            .name_time = name_time.value_or(os::now().time_since_epoch().count()),
            .file_time = settings.utime_from_header ? date : std::nullopt};
}

std::optional<std::string> Delivery::State::unreadable_date() const {
    if (!folder.settings.utime_from_header) return std::nullopt;
    auto value = mail::header_value(std::string_view{header}.substr(0, mail::header_length(header)), "Date");
    return value && !mail::parse_date(*value) ? std::move(value) : std::nullopt;
}

Location Delivery::State::destination_of(const Finished& message) const {
    return {place_for(message.flags), folder.make_name(message.name_time, message.uid, message.flags),
            message.flags};
}

std::vector<Location> Delivery::State::destinations_of(const std::vector<Finished>& batch) const {
    std::vector<Location> destinations;
    destinations.reserve(batch.size());
    for (const auto& message : batch) destinations.push_back(destination_of(message));
    return destinations;
}

void Delivery::State::announce(const std::vector<Location>& destinations) const {
    if (folder.settings.changes == nullptr) return;
    std::vector<Change> changes;
    changes.reserve(destinations.size());
    for (const auto& to : destinations)
        changes.push_back({Change::Kind::arrived, folder.directories.path_of(to.place, to.name)});
    folder.settings.changes->add(changes);
}

Delivered Delivery::State::place(Finished& message, Location to, std::array<bool, 2>& touched) {
    while (folder.directories.deliver(message.file.name(), to.place, to.name) != Directories::Outcome::done) {
        to = destination_of(message);
        folder.announce(Change::Kind::arrived, to);
    }
    message.file.moved_out();
    os::stop_point("maildir-after-rename");
    touched[static_cast<std::size_t>(to.place)] = true;
    const mail::MessageKey key(message.uid);
    folder.names.put(key, to);
    return {key, message.flags};
}

Delivery::Delivery(Folder& folder) : state_(std::make_unique<State>(*folder.state_)) {}
Delivery::~Delivery() = default;

void Delivery::begin() {
    assert(!state_->current);
    state_->current.emplace(state_->create_file());
}

void Delivery::write(std::string_view wire_bytes) {
    assert(state_->current);
    // In slices: the buffer stays small however much comes at once.
    while (!wire_bytes.empty()) {
        state_->converter.convert(wire_bytes.substr(0, kBlock), state_->buffer);
        wire_bytes.remove_prefix(std::min(kBlock, wire_bytes.size()));
        if (state_->buffer.size() >= kBlock) state_->flush();
    }
}

std::optional<std::string> Delivery::finish(base::Uid uid, mail::Flags flags) {
    assert(state_->current);
    state_->converter.finish(state_->buffer);
    state_->flush();
    os::stop_point("maildir-after-tmp-write");
    state_->finished.push_back(state_->describe(uid, flags));
    state_->finished_bytes += state_->written;
    auto unreadable_date = state_->unreadable_date();
    state_->reset();
    return unreadable_date;
}

void Delivery::abandon() noexcept {
    state_->reset();
}

std::size_t Delivery::messages() const noexcept {
    return state_->finished.size();
}

std::uint64_t Delivery::bytes() const noexcept {
    return state_->finished_bytes;
}

std::vector<Delivered> Delivery::commit() {
    // Whatever is still in tmp when this throws goes with the local variable.
    auto batch = std::exchange(state_->finished, {});
    state_->finished_bytes = 0;
    os::DurableBatch files;
    for (auto& message : batch) {
        if (message.file_time) set_file_time(message.file.descriptor(), *message.file_time);
        files.add(message.file.take_descriptor());
    }
    const auto& settings = state_->folder.settings;
    if (settings.fsync) files.commit(Severity::folder);
    files.close();
    const auto destinations = state_->destinations_of(batch);
    state_->announce(destinations);
    os::stop_point("maildir-before-rename");
    std::vector<Delivered> delivered;
    delivered.reserve(batch.size());
    std::array<bool, 2> touched{};
    for (std::size_t i = 0; i < batch.size(); ++i)
        delivered.push_back(state_->place(batch[i], destinations[i], touched));
    for (const Place place : {Place::fresh, Place::cur}) {
        if (settings.fsync && touched[static_cast<std::size_t>(place)])
            state_->folder.directories.sync(place);
    }
    os::stop_point("maildir-after-directory-sync");
    return delivered;
}

}  // namespace offlineimap::maildir
