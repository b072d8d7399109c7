#include "convnext/base/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace convnext {
namespace {

// Killed programs may still write for a moment: the directory is removed again until it is gone.
constexpr const char* kGuardScript =
    R"(read -r child
read -r end
[ -z "$child" ] || kill -s KILL -- "-$child"
[ -n "$1" ] || exit 0
for i in 1 2 3 4 5; do rm -rf -- "$1" && exit 0; sleep 1; done)";

// The environment of this process with `added`, as "NAME=value".
std::vector<std::string> Environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!added.contains(text.substr(0, text.find('=')))) environment.push_back(text);
  }
  for (const auto& [name, value] : added) environment.push_back(fmt::format("{}={}", name, value));
  return environment;
}

// As exec wants it; the strings must outlive it.
std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers(strings.size() + 1, nullptr);
  std::transform(strings.begin(), strings.end(), pointers.begin(), [](std::string& text) { return text.data(); });
  return pointers;
}

// What a child does before it becomes the program. It shares the memory of its parent (vfork), so it calls nothing but
// the system, and changes nothing that outlives it.
struct Child {
  char* const* arguments;
  char* const* environment;
  SpawnFiles files;
  const char* directory;  // null: that of the parent
  int report;             // where an errno goes; closed by exec
};

int SetFile(int from, int to) {
  const int file = from >= 0 ? from : ::open("/dev/null", O_RDWR | O_CLOEXEC);
  return file >= 0 && ::dup2(file, to) >= 0 ? 0 : errno;
}

// Every signal does what it does by default. There are two numbers that glibc keeps to itself and refuses.
void ResetSignals() {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

int Prepare(const Child& child) {
  if (::setpgid(0, 0) != 0) return errno;
  if (const int error = SetFile(child.files.input, STDIN_FILENO); error != 0) return error;
  if (const int error = SetFile(child.files.output, STDOUT_FILENO); error != 0) return error;
  if (const int error = SetFile(child.files.errors, STDERR_FILENO); error != 0) return error;
  if (child.directory != nullptr && ::chdir(child.directory) != 0) return errno;
  ResetSignals();
  return 0;
}

[[noreturn]] void BecomeProgram(const Child& child) {
  int error = Prepare(child);
  if (error == 0) {
    ::execvpe(child.arguments[0], child.arguments, child.environment);
    error = errno;
  }
  const ssize_t ignored = ::write(child.report, &error, sizeof error);
  static_cast<void>(ignored);
  ::_exit(127);
}

// With all signals blocked: a handler of this process would run in the child, in this memory.
pid_t Fork(const Child& child) {
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t process = ::vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork): as posix_spawn does
  if (process == 0) BecomeProgram(child);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return process;
}

// The errno that the child could not become the program for; 0 once it has, as its end of the pipe is closed then.
int ReadReport(int report) {
  int error = 0;
  ssize_t got = 0;
  do {
    got = ::read(report, &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  return got == sizeof error ? error : 0;
}

}  // namespace

// Not posix_spawn: that changes the directory only from glibc 2.29 on, and does not tell under QEMU's user mode, where
// a vfork does not wait, that exec failed.
int Spawn(std::vector<std::string> arguments, const SpawnOptions& options, const SpawnFiles& files, pid_t& child) {
  std::vector<std::string> environment = Environment(options.variables);
  const std::vector<char*> argument_pointers = Pointers(arguments), environment_pointers = Pointers(environment);
  Pipe report;
  if (report.ends[0] < 0) return errno;
  child = Fork({argument_pointers.data(), environment_pointers.data(), files,
                options.directory.empty() ? nullptr : options.directory.c_str(), report.ends[1]});
  if (child < 0) return errno;
  report.Close(1);
  const int error = ReadReport(report.ends[0]);
  while (error != 0 && ::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return error;
}

Pipe::Pipe() {
  if (::pipe2(ends, O_CLOEXEC) != 0) ends[0] = ends[1] = -1;
}

Pipe::~Pipe() {
  Close(0);
  Close(1);
}

void Pipe::Close(int end) {
  if (ends[end] >= 0) ::close(ends[end]);
  ends[end] = -1;
}

int KillGroup(pid_t child) {
  int status = 0;
  ::kill(-child, SIGKILL);
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

ProcessGuard::ProcessGuard(const std::string& directory) {
  const SpawnFiles files{alive_.ends[0], -1, -1};
  if (alive_.ends[0] < 0 || Spawn({"/bin/sh", "-c", kGuardScript, "convnext-guard", directory}, {}, files, guard_) != 0)
    guard_ = 0;
}

void ProcessGuard::Watch(pid_t child) {
  const std::string line = std::to_string(child) + "\n";
  // A pipe takes so little at once.
  if (guard_ > 0 && ::write(alive_.ends[1], line.data(), line.size()) < 0) Stop();
}

void ProcessGuard::Stop() {
  if (guard_ > 0) KillGroup(guard_);  // before its pipe closes
  guard_ = 0;
}

}  // namespace convnext
