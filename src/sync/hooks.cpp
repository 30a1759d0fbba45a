#include "hooks.hpp"

#include <map>

#include "offlineimap/base/error.hpp"
#include "offlineimap/os/process.hpp"

namespace offlineimap::sync {

namespace {

std::map<std::string, std::string> environment_of(const Hook& hook) {
    std::map<std::string, std::string> environment{
        {"OFFLINEIMAPSYNCMODE", hook.mode == Thoroughness::quick ? "quick" : "full"},
        {"OIMAP_HOOK_NAME", hook.name},
        {"OIMAP_ACCOUNT_NAME", hook.account}};
    if (!hook.changes_file.empty()) environment["OIMAP_CHANGES"] = hook.changes_file.string();
    return environment;
}

}  // namespace

HookEnd call_hook(const Hook& hook, events::Run run, const repository::Context& context) {
    if (hook.command.empty()) return HookEnd::returned;
    context.reporter(events::CallingHook{hook.command, run});
    if (run == events::Run::dry) return HookEnd::returned;
    const auto deadline =
        hook.limit.count() == 0 ? base::Deadline::never() : base::Deadline::after(hook.limit);
    try {
        const auto result = os::run_shell(
            {.command = hook.command, .environment = environment_of(hook), .deadline = deadline},
            context.stop);
        context.reporter(events::HookFinished{hook.command, result.standard_output, result.standard_error,
                                              result.exit_code});
        if (!result.timed_out) return HookEnd::returned;
        context.reporter(events::ErrorOccurred{
            "", hook.name + " of account " + hook.account + " was ended: it ran for more than " +
                    std::to_string(hook.limit.count()) + " seconds (hooktimeout)"});
    } catch (const base::Error& error) {
        context.reporter(events::ErrorOccurred{hook.name + " of account " + hook.account, error.what()});
    }
    return HookEnd::failed;
}

}  // namespace offlineimap::sync
