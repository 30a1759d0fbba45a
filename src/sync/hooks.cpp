#include "hooks.hpp"

#include <chrono>

#include "offlineimap/base/error.hpp"
#include "offlineimap/os/process.hpp"

namespace offlineimap::sync {

namespace {

// The original waits for ever; an indexer may well take long.
constexpr std::chrono::hours kHookLimit{1};

}  // namespace

void call_hook(const Hook& hook, events::Run run, const repository::Context& context) {
    if (hook.command.empty()) return;
    context.reporter(events::CallingHook{hook.command, run});
    if (run == events::Run::dry) return;
    const char* mode = hook.mode == Thoroughness::quick ? "quick" : "full";
    try {
        const auto result = os::run_shell({.command = hook.command,
                                           .environment = {{"OFFLINEIMAPSYNCMODE", mode},
                                                           {"OIMAP_HOOK_NAME", hook.name},
                                                           {"OIMAP_ACCOUNT_NAME", hook.account}},
                                           .deadline = base::Deadline::after(kHookLimit)},
                                          context.stop);
        context.reporter(events::HookFinished{hook.command, result.standard_output, result.standard_error,
                                              result.exit_code});
        if (result.timed_out) {
            context.reporter(events::ErrorOccurred{
                "", hook.name + " of account " + hook.account + " was ended: it ran for more than an hour"});
        }
    } catch (const base::Error& error) {
        context.reporter(events::ErrorOccurred{hook.name + " of account " + hook.account, error.what()});
    }
}

}  // namespace offlineimap::sync
