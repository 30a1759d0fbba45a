#include "offlineimap/os/durable_batch.hpp"

#include <fcntl.h>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/temporary_directory.hpp"

namespace offlineimap::os {
namespace {

using base::Severity;

// What power loss leaves cannot be tested here; that every file is committed and closed can.
class Batch : public testing::TestWithParam<int> {
  protected:
    void fill(DurableBatch& batch) {
        for (int i = 0; i < GetParam(); ++i) {
            auto file = create_at(AT_FDCWD, directory_ / std::to_string(i), 0600, Severity::folder);
            write_all(file->get(), "content", Severity::folder, "f");
            descriptors_.push_back(file->get());
            batch.add(std::move(*file));
        }
    }
    bool all_closed() const {
        for (const int descriptor : descriptors_) {
            if (::fcntl(descriptor, F_GETFD) >= 0) return false;
        }
        return true;
    }
    support::TemporaryDirectory directory_;
    std::vector<int> descriptors_;
};

TEST_P(Batch, CommitSyncsAndClosesAllFiles) {
    DurableBatch batch;
    fill(batch);
    EXPECT_EQ(batch.size(), static_cast<std::size_t>(GetParam()));
    batch.commit(Severity::folder);
    EXPECT_EQ(batch.size(), 0U);
    EXPECT_TRUE(all_closed());
}

TEST_P(Batch, CloseForgetsAllFiles) {
    DurableBatch batch;
    fill(batch);
    batch.close();
    EXPECT_EQ(batch.size(), 0U);
    EXPECT_TRUE(all_closed());
}

TEST_P(Batch, CommitReportsWhatCannotBeSyncedAndStillClosesAll) {
    DurableBatch batch;
    fill(batch);
    FileDescriptor no_file(::open("/proc/self/status", O_RDONLY | O_CLOEXEC | O_PATH));
    descriptors_.push_back(no_file.get());
    batch.add(std::move(no_file));
    EXPECT_THROW(batch.commit(Severity::folder), base::Error);
    EXPECT_EQ(batch.size(), 0U);
    EXPECT_TRUE(all_closed());
}

INSTANTIATE_TEST_SUITE_P(SmallAndLarge, Batch, testing::Values(0, 1, 3, 40));

}  // namespace
}  // namespace offlineimap::os
