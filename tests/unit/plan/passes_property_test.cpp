// Properties of the planner over random listings, with the world changed as a faultless executor would.
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "listing_builder.hpp"

namespace offlineimap::plan {
namespace {

using test::comparable;
using test::key;

constexpr std::uint32_t kRuns = 500;
constexpr std::uint32_t kHighestUid = 12;

struct World {
    mail::Listing remote;
    mail::Listing local;
    mail::Listing status;
    std::uint32_t uid_next = kHighestUid + 1;
};

// One direction's view of a world.
struct Sides {
    mail::Listing& source;
    mail::Listing& destination;
    mail::Listing& status;
    std::uint32_t& uid_next;
};

Sides downwards(World& world) {
    return {world.remote, world.local, world.status, world.uid_next};
}
Sides upwards(World& world) {
    return {world.local, world.remote, world.status, world.uid_next};
}

class Dice {
  public:
    explicit Dice(std::uint32_t seed) : engine_(seed) {}
    std::uint32_t below(std::uint32_t limit) {
        return std::uniform_int_distribution<std::uint32_t>(0, limit - 1)(engine_);
    }
    mail::Flags flags() {
        mail::Flags result;
        for (const char letter : std::string("SRFTDPabz")) {
            if (below(4) == 0) result.add(letter);
        }
        return result;
    }
    mail::Listing listing() {
        mail::Listing result;
        const auto one_in = 1 + below(4);
        for (std::uint32_t uid = 1; uid <= kHighestUid; ++uid) {
            if (below(one_in) == 0) result.put({.key = key(uid), .flags = flags()});
        }
        return result;
    }

  private:
    std::mt19937 engine_;
};

World random_world(std::uint32_t seed) {
    Dice dice(seed);
    World world{.remote = dice.listing(), .local = dice.listing(), .status = dice.listing()};
    const auto fresh = dice.below(4);
    for (std::uint32_t nth = 1; nth <= fresh; ++nth) {
        world.local.put({.key = mail::MessageKey::unassigned(nth), .flags = dice.flags()});
    }
    return world;
}

CopyPlan copies(const Sides& sides) {
    return plan_copies(sides.source, sides.destination, sides.status, {}, comparable());
}
DeletionPlan deletions(const Sides& sides, PropagateDeletions propagate) {
    return plan_deletions(sides.source, sides.destination, sides.status, propagate);
}
std::vector<FlagStep> flag_changes(const Sides& sides) {
    return plan_flag_changes(sides.source, sides.destination, sides.status, comparable());
}

// The destination gives a message that has no UID the next one; its source takes it over.
mail::MessageKey assign_uid(Sides& sides, mail::MessageKey unassigned) {
    const auto assigned = key(sides.uid_next++);
    const auto flags = sides.source.find(unassigned)->flags;
    sides.source.erase(unassigned);
    sides.source.put({.key = assigned, .flags = flags});
    return assigned;
}

void execute(Sides sides, const CopyPlan& plan) {
    for (const auto& step : plan.steps) {
        const auto stored = step.key.has_uid() ? step.key : assign_uid(sides, step.key);
        if (step.action == CopyAction::transfer) {
            sides.destination.put({.key = stored, .flags = step.flags});
        }
        sides.status.put({.key = stored, .flags = step.flags});
    }
}

void execute(Sides sides, const DeletionPlan& plan) {
    for (const auto uid : plan.forget) sides.status.erase(mail::MessageKey(uid));
    for (const auto uid : plan.remove) sides.destination.erase(mail::MessageKey(uid));
}

void change_flag(mail::Listing& where, base::Uid uid, const FlagStep& step) {
    auto entry = *where.find(mail::MessageKey(uid));
    step.change == FlagChange::add ? entry.flags.add(step.letter) : entry.flags.remove(step.letter);
    where.put(entry);
}

void execute(Sides sides, const std::vector<FlagStep>& steps) {
    for (const auto& step : steps) {
        for (const auto uid : step.uids) {
            change_flag(sides.destination, uid, step);
            change_flag(sides.status, uid, step);
        }
    }
}

void run_direction(Sides sides, PropagateDeletions propagate) {
    execute(sides, copies(sides));
    execute(sides, deletions(sides, propagate));
    execute(sides, flag_changes(sides));
}

void expect_nothing_to_do(Sides sides, PropagateDeletions propagate) {
    EXPECT_EQ(copies(sides), CopyPlan{});
    EXPECT_EQ(deletions(sides, propagate), DeletionPlan{});
    EXPECT_EQ(flag_changes(sides), std::vector<FlagStep>{});
}

// Calls `check` with many random worlds; a failure names the seed.
template <class Check>
void for_many_worlds(Check check) {
    for (std::uint32_t seed = 0; seed < kRuns && !testing::Test::HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        check(random_world(seed));
    }
}

TEST(PlannerProperty, PlanningTwiceGivesTheSamePlan) {
    for_many_worlds([](World world) {
        const auto sides = upwards(world);
        EXPECT_EQ(copies(sides), copies(sides));
        EXPECT_EQ(deletions(sides, PropagateDeletions::yes), deletions(sides, PropagateDeletions::yes));
        EXPECT_EQ(flag_changes(sides), flag_changes(sides));
    });
}

TEST(PlannerProperty, AnExecutedDirectionLeavesNothingToDoInThatDirection) {
    for (const auto propagate : {PropagateDeletions::yes, PropagateDeletions::no}) {
        for_many_worlds([&](World world) {
            run_direction(downwards(world), propagate);
            expect_nothing_to_do(downwards(world), propagate);
        });
        for_many_worlds([&](World world) {
            run_direction(upwards(world), propagate);
            expect_nothing_to_do(upwards(world), propagate);
        });
    }
}

TEST(PlannerProperty, BothDirectionsConvergeInOneRound) {
    for_many_worlds([](World world) {
        run_direction(downwards(world), PropagateDeletions::yes);
        run_direction(upwards(world), PropagateDeletions::yes);
        expect_nothing_to_do(downwards(world), PropagateDeletions::yes);
        expect_nothing_to_do(upwards(world), PropagateDeletions::yes);
        ASSERT_EQ(world.remote.size(), world.local.size());
        for (const auto& message : world.local) {
            const auto* twin = world.remote.find(message.key);
            ASSERT_NE(twin, nullptr) << message.key.to_string();
            EXPECT_EQ(message.flags & comparable(), twin->flags & comparable()) << message.key.to_string();
        }
    });
}

TEST(PlannerProperty, NoPlanRemovesWhatTheStatusNeverKnewOrTheSourceStillHas) {
    for_many_worlds([](World world) {
        for (const auto& sides : {downwards(world), upwards(world)}) {
            for (const auto uid : deletions(sides, PropagateDeletions::yes).remove) {
                EXPECT_TRUE(sides.status.contains(mail::MessageKey(uid))) << uid.value();
                EXPECT_FALSE(sides.source.contains(mail::MessageKey(uid))) << uid.value();
            }
        }
    });
}

TEST(PlannerProperty, AMessageThatTheStatusNeverKnewEndsUpOnBothSides) {
    for_many_worlds([](World world) {
        const World before = world;
        run_direction(downwards(world), PropagateDeletions::yes);
        run_direction(upwards(world), PropagateDeletions::yes);
        for (std::uint32_t uid = 1; uid <= kHighestUid; ++uid) {
            const bool unknown = !before.status.contains(key(uid));
            if (!unknown || !(before.remote.contains(key(uid)) || before.local.contains(key(uid)))) continue;
            EXPECT_TRUE(world.remote.contains(key(uid)) && world.local.contains(key(uid))) << uid;
        }
        const auto uploaded = world.uid_next - before.uid_next;
        EXPECT_EQ(uploaded, std::count_if(before.local.begin(), before.local.end(),
                                          [](const auto& message) { return !message.key.has_uid(); }));
    });
}

TEST(PlannerProperty, WithoutPropagationNothingIsRemovedAndNothingIsCopiedBack) {
    for_many_worlds([](World world) {
        const auto sides = downwards(world);
        const auto plan = deletions(sides, PropagateDeletions::no);
        EXPECT_TRUE(plan.remove.empty());
        for (const auto uid : plan.forget) {
            EXPECT_FALSE(sides.destination.contains(mail::MessageKey(uid))) << uid.value();
        }
        const World before = world;
        run_direction(downwards(world), PropagateDeletions::no);
        run_direction(upwards(world), PropagateDeletions::no);
        for (const auto& message : before.remote) {
            EXPECT_TRUE(world.remote.contains(message.key)) << message.key.to_string();
            const bool deleted_locally =
                before.status.contains(message.key) && !before.local.contains(message.key);
            EXPECT_EQ(world.local.contains(message.key), !deleted_locally) << message.key.to_string();
        }
    });
}

}  // namespace
}  // namespace offlineimap::plan
