// Several processes that compile the same, and ones that are killed.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "convnext/ascend/compile/om_cache.h"
#include "convnext/ascend/compile/work_directory.h"
#include "fake_cann.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::SizeIs;

class CompileProcesses : public FakeCann {};

// Runs `work` in a process of its own and gives its number.
template <class Work>
pid_t Fork(const Work& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work() ? 0 : 1);
  return child;
}

TEST_F(CompileProcesses, TwoProcessesCompileOnce) {
  SetAtcScript("sleep 1; finish");
  options_.progress = [this](const std::string& step) {
    if (step.starts_with("waiting: another process")) WriteText(directory_ / "waited", step);
  };
  std::vector<pid_t> children;
  for (int i = 0; i < 2; ++i) children.push_back(Fork([this] { return Compile().ok(); }));
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_THAT(AtcCalls(), SizeIs(1));
  EXPECT_TRUE(fs::exists(directory_ / "waited"));
  EXPECT_THAT(CacheEntries(), SizeIs(3));
  EXPECT_TRUE(ValueOrThrow(Compile()).cached);
}

template <class Condition>
bool WaitUntil(const Condition& condition) {
  for (int i = 0; i < 500 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return condition();
}

bool IsRunning(pid_t process) {
  return ::kill(process, 0) == 0 && ReadText(fmt::format("/proc/{}/stat", process)).find(" Z ") == std::string::npos;
}

// Killed in the middle of it: atc and what atc started end too, nothing is left in the cache, and no lock.
TEST_F(CompileProcesses, AKilledProcessLeavesNothing) {
  SetAtcScript(
      fmt::format("sleep 1000 & sleep 0.1; echo $! > '{0}.new'; mv '{0}.new' '{0}'; wait", directory_ / "pid"));
  for (const int signal : {SIGTERM, SIGKILL}) {
    const pid_t child = Fork([this] { return Compile().ok(); });
    ASSERT_TRUE(WaitUntil([this] { return fs::exists(directory_ / "pid"); }));
    const pid_t grandchild = std::stoi(ReadText(directory_ / "pid"));
    fs::remove(directory_ / "pid");
    EXPECT_TRUE(IsRunning(grandchild));
    ::kill(child, signal);
    ::waitpid(child, nullptr, 0);
    EXPECT_TRUE(WaitUntil([&] { return !IsRunning(grandchild); })) << signal;
    EXPECT_TRUE(WaitUntil([this] { return CacheEntries().empty(); })) << signal;
  }
  SetAtcScript("finish");
  EXPECT_FALSE(ValueOrThrow(Compile()).cached);
}

TEST(CacheLock, WaitsOnlySoLong) {
  const TemporaryDirectory directory;
  int told = 0;
  const auto waiting = [&told] { ++told; };
  const auto first = LockCache(directory.path(), "key", 1, waiting);
  ASSERT_TRUE(first.ok());
  const auto second = LockCache(directory.path(), "key", 0.3, waiting);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.status().message(), HasSubstr("another process has held it for 0.3 s"));
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(LockCache(directory.path(), "other", 0.3, waiting).ok());
}

TEST(WorkDirectory, RemovesAbandonedOnes) {
  const TemporaryDirectory directory;
  auto used = ValueOrThrow(WorkDirectory::Make(directory.path(), {}));
  const std::string abandoned = directory / "convnext-work.abcdef", fresh = directory / "convnext-work.ghijkl";
  for (const std::string& path : {abandoned, fresh}) ASSERT_TRUE(WriteFile(path + "/opset17.onnx", "x").ok());
  for (const std::string& path : {abandoned, used.path()})
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(1));
  const auto next = ValueOrThrow(WorkDirectory::Make(directory.path(), {}));
  EXPECT_FALSE(fs::exists(abandoned));
  EXPECT_TRUE(fs::exists(fresh));
  EXPECT_TRUE(fs::exists(used.path()));
  EXPECT_TRUE(fs::exists(next.path()));
}

}  // namespace
}  // namespace convnext
