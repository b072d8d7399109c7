// Other programs: their output, their end, and what happens where there is none.
#include <signal.h>

#include <thread>

#include "convnext/base/base.h"
#include "paths.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Result<ProcessResult> RunShell(const std::string& script, const ProcessOptions& options = {}) {
  return RunProcess({"/bin/sh", "-c", script}, options);
}

TEST(RunProcess, GivesOutputAndExitCode) {
  const auto result = ValueOrThrow(RunShell("echo out; echo err >&2; exit 7"));
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(result.output, "out\nerr\n");
  EXPECT_EQ(ValueOrThrow(RunShell("echo out; echo err >&2", {.with_errors = false})).output, "out\n");
  EXPECT_EQ(ValueOrThrow(RunShell("kill -9 $$")).exit_code, 128 + SIGKILL);
}

TEST(RunProcess, NoShellTouchesTheArguments) {
  EXPECT_EQ(ValueOrThrow(RunProcess({"printf", "%s|", "a b", "$HOME;*", ""})).output, "a b|$HOME;*||");
}

TEST(RunProcess, StandardInputIsEmpty) { EXPECT_EQ(ValueOrThrow(RunShell("cat; echo end")).output, "end\n"); }

TEST(RunProcess, AddsVariables) {
  ::setenv("CONVNEXT_TEST_OLD", "old", 1);
  ::setenv("CONVNEXT_TEST_KEPT", "kept", 1);
  const auto result =
      ValueOrThrow(RunShell("echo $CONVNEXT_TEST_OLD $CONVNEXT_TEST_NEW $CONVNEXT_TEST_KEPT",
                            {.variables = {{"CONVNEXT_TEST_OLD", "replaced"}, {"CONVNEXT_TEST_NEW", "a=b"}}}));
  EXPECT_EQ(result.output, "replaced a=b kept\n");
}

TEST(RunProcess, CutsLongOutput) {
  const auto result = ValueOrThrow(RunShell("head -c 3000000 /dev/zero; exit 3", {.max_output_bytes = 1000}));
  EXPECT_EQ(result.output.size(), 1000U);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(ValueOrThrow(RunShell("head -c 300000 /dev/zero")).output.size(), 300'000U);
}

TEST(RunProcess, StopsWhatDoesNotEnd) {
  const Stopwatch stopwatch;
  for (const char* script : {"sleep 60", "sleep 60 & sleep 60", "exec yes", "trap '' TERM; while :; do sleep 1; done",
                             "exec >&- 2>&-; sleep 60"}) {
    const auto result = RunShell(script, {.timeout_seconds = 0.3, .max_output_bytes = 100});
    ASSERT_FALSE(result.ok()) << script;
    EXPECT_EQ(result.status().code(), Code::kIo);
    EXPECT_THAT(result.status().message(), AllOf(HasSubstr("/bin/sh"), HasSubstr("after 0.3 s")));
  }
  EXPECT_LT(stopwatch.Seconds(), 20);
}

bool IsRunning(pid_t process) {
  return ::kill(process, 0) == 0 &&
         ReadText("/proc/" + std::to_string(process) + "/stat").find(" Z ") == std::string::npos;
}

template <class Condition>
bool WaitUntil(const Condition& condition) {
  for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return condition();
}

// A child that goes on in the background holds the pipe open; it is killed with its group.
TEST(RunProcess, DoesNotWaitForGrandchildren) {
  const Stopwatch stopwatch;
  const auto result = ValueOrThrow(RunShell("sleep 60 & echo $!"));
  EXPECT_LT(stopwatch.Seconds(), 10);
  const int grandchild = std::stoi(result.output);
  EXPECT_TRUE(WaitUntil([grandchild] { return !IsRunning(grandchild); }));
}

TEST(RunProcess, RunsInADirectory) {
  const TemporaryDirectory directory;
  EXPECT_EQ(ValueOrThrow(RunShell("pwd; pwd > here", {.directory = directory.path()})).output, directory.path() + "\n");
  EXPECT_EQ(directory.Names(), std::vector<std::string>{"here"});
}

// Neither the arguments nor what is told of a program that cannot be run.
TEST(RunProcess, ADirectoryChangesNothingElse) {
  const TemporaryDirectory directory;
  const ProcessOptions there{.directory = directory.path()};
  EXPECT_EQ(ValueOrThrow(RunProcess({"printf", "%s|", "a b", "$HOME;*", "", "-n"}, there)).output, "a b|$HOME;*||-n|");
  WriteText(directory / "here", "#!/bin/sh\necho $$; pwd; exit 7\n");
  const auto refused = RunProcess({directory / "here"}, there);
  EXPECT_EQ(refused.status().code(), Code::kIo);
  EXPECT_THAT(refused.status().message(), HasSubstr("cannot run it: Permission denied"));
  std::filesystem::permissions(directory / "here", std::filesystem::perms::owner_all);
  for (const std::string& program : {std::string("./here"), directory / "here"}) {
    const auto result = ValueOrThrow(RunProcess({program}, there));
    EXPECT_EQ(result.exit_code, 7);
    EXPECT_THAT(result.output, HasSubstr("\n" + directory.path() + "\n"));
  }
  WriteText(directory / "here", "#!/no/such/shell\n");
  EXPECT_EQ(RunProcess({directory / "here"}, there).status().code(), Code::kUnavailable);
  for (const char* program : {"no-such-program", "./no-such-program", "/no/such/program"})
    EXPECT_EQ(RunProcess({program}, there).status().code(), Code::kUnavailable) << program;
  EXPECT_EQ(RunProcess({"/bin/sh", "-c", "exit"}, {.directory = directory / "nowhere"}).status().code(),
            Code::kUnavailable);
}

TEST(RunProcess, ATimeoutCanBeAResult) {
  const auto result =
      ValueOrThrow(RunShell("echo before; sleep 60", {.timeout_seconds = 0.3, .timeout_is_error = false}));
  EXPECT_TRUE(result.timed_out);
  EXPECT_EQ(result.output, "before\n");
  EXPECT_FALSE(ValueOrThrow(RunShell("echo done", {.timeout_is_error = false})).timed_out);
}

// Where this process is killed itself, by whatever signal, all that it started ends, and the directory is removed.
TEST(RunProcess, NothingOutlivesThisProcess) {
  for (const int signal : {SIGTERM, SIGKILL}) {
    const TemporaryDirectory directory;
    const std::string scratch = directory / "scratch dir",
                      script = "sleep 60 & sleep 0.1; echo $! > new; mv new ../pid; wait";
    ASSERT_TRUE(MakeDirectories(scratch).ok());
    const pid_t child = ::fork();
    if (child == 0) {
      const auto ignored = RunShell(script, {.timeout_seconds = 60, .directory = scratch, .remove_if_killed = scratch});
      ::_exit(ignored.ok() ? 0 : 1);
    }
    ASSERT_TRUE(WaitUntil([&] { return std::filesystem::exists(directory / "pid"); }));
    const pid_t grandchild = std::stoi(ReadText(directory / "pid"));
    EXPECT_TRUE(IsRunning(grandchild));
    ::kill(child, signal);
    ::waitpid(child, nullptr, 0);
    EXPECT_TRUE(WaitUntil([&] { return !IsRunning(grandchild); }));
    EXPECT_TRUE(WaitUntil([&] { return !std::filesystem::exists(scratch); }));
  }
}

// An ordinary end leaves it alone.
TEST(RunProcess, KeepsTheDirectory) {
  const TemporaryDirectory directory;
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(RunShell("true", {.remove_if_killed = directory.path()}).ok());
  EXPECT_TRUE(
      RunShell("sleep 5", {.timeout_seconds = 0.1, .timeout_is_error = false, .remove_if_killed = directory.path()})
          .ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_TRUE(std::filesystem::exists(directory.path()));
}

TEST(RunProcess, SaysWhatCannotRun) {
  const auto absent = RunProcess({"/nowhere/pro\ngram"});
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.status().code(), Code::kUnavailable);
  EXPECT_THAT(absent.status().message(), HasSubstr("/nowhere/pro\\x0agram: cannot run it: No such file"));
  EXPECT_EQ(RunProcess({"/"}).status().code(), Code::kIo);
  EXPECT_EQ(RunProcess({}).status().code(), Code::kInternal);
  EXPECT_FALSE(RunShell("true", {.directory = "/nowhere"}).ok());
}

TEST(FindProgram, TakesTheFirstThatCanRun) {
  const TemporaryDirectory directory;
  for (const char* name : {"a/tool", "b/tool", "c/tool"}) ASSERT_TRUE(WriteFile(directory / name, "#!/bin/sh\n").ok());
  std::filesystem::permissions(directory / "b/tool", std::filesystem::perms::owner_all);
  std::filesystem::permissions(directory / "c/tool", std::filesystem::perms::owner_all);
  ASSERT_TRUE(MakeDirectories(directory / "d/tool").ok());
  const std::string path = fmt::format("{0}/nowhere::{0}/d:{0}/a:{0}/b:{0}/c:", directory.path());
  EXPECT_EQ(FindProgram("tool", path), directory / "b/tool");
  EXPECT_FALSE(FindProgram("tool", directory / "a"));
  EXPECT_FALSE(FindProgram("tool", ""));
}

}  // namespace
}  // namespace convnext
