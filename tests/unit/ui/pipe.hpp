// A pipe whose reading end collects what an interface wrote.
#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <unistd.h>

#include "offlineimap/os/file.hpp"

namespace offlineimap::ui {

class Pipe {
  public:
    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) != 0) throw std::runtime_error("pipe");
        reader_ = os::FileDescriptor(ends[0]);
        writer_ = os::FileDescriptor(ends[1]);
    }
    int reader() const noexcept { return reader_.get(); }
    int writer() const noexcept { return writer_.get(); }
    void close_reader() noexcept { reader_.reset(); }
    void close_writer() noexcept { writer_.reset(); }
    // Everything written; closes the writing end.
    std::string content() {
        close_writer();
        std::string all;
        std::array<char, 4096> buffer{};
        for (;;) {
            const auto count = ::read(reader(), buffer.data(), buffer.size());
            if (count <= 0) return all;
            all.append(buffer.data(), static_cast<std::size_t>(count));
        }
    }

  private:
    os::FileDescriptor reader_;
    os::FileDescriptor writer_;
};

}  // namespace offlineimap::ui
