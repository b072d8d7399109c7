#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "base/clock.h"
#include "base/text.h"

namespace convnext {
namespace {

constexpr int kPollMilliseconds = 5;

// Both ends of a pipe; the reading end does not block.
struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) == 0) ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    Close(0);
    Close(1);
  }
  void Close(int end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }
};

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

// In a process group of its own, with no signal blocked or ignored. Gives an errno.
int SetAttributes(posix_spawnattr_t& attributes) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  for (const int error : {::posix_spawnattr_setpgroup(&attributes, 0), ::posix_spawnattr_setsigmask(&attributes, &none),
                          ::posix_spawnattr_setsigdefault(&attributes, &all)}) {
    if (error != 0) return error;
  }
  return ::posix_spawnattr_setflags(&attributes,
                                    POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

int SetFiles(posix_spawn_file_actions_t& files, int output, bool with_errors) {
  for (const int error :
       {::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0),
        ::posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO),
        with_errors ? ::posix_spawn_file_actions_adddup2(&files, output, STDERR_FILENO)
                    : ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0)}) {
    if (error != 0) return error;
  }
  return 0;
}

// Starts the program with `output` as its standard output; gives an errno.
int Spawn(std::vector<std::string> arguments, const ProcessOptions& options, int output, pid_t& child) {
  std::vector<std::string> environment = Environment(options.variables);
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t files;
  if (const int error = ::posix_spawnattr_init(&attributes); error != 0) return error;
  int error = ::posix_spawn_file_actions_init(&files);
  if (error == 0) {
    error = SetAttributes(attributes);
    if (error == 0) error = SetFiles(files, output, options.with_errors);
    if (error == 0) {
      error = ::posix_spawnp(&child, arguments[0].c_str(), &files, &attributes, Pointers(arguments).data(),
                             Pointers(environment).data());
    }
    ::posix_spawn_file_actions_destroy(&files);
  }
  ::posix_spawnattr_destroy(&attributes);
  return error;
}

// Reads what is there, and not for ever where more keeps coming; false at the end of the output.
bool Drain(int fd, size_t max_bytes, std::string& output) {
  char buffer[65536];  // as much as a pipe holds
  for (int i = 0; i < 16; ++i) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count == 0) return false;
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    output.append(buffer, std::min(static_cast<size_t>(count), max_bytes - output.size()));
  }
  return true;
}

// Whether the child has ended. It is not reaped yet: nobody else can have its number.
bool HasEnded(pid_t child) {
  siginfo_t info{};
  return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child;
}

// Reads until the child has ended; false if that takes too long.
bool ReadUntilEnd(pid_t child, int fd, const ProcessOptions& options, std::string& output) {
  const Stopwatch stopwatch;
  pollfd readable{fd, POLLIN, 0};
  while (stopwatch.Seconds() < options.timeout_seconds) {
    const bool ended = HasEnded(child);
    if (readable.fd >= 0 && !Drain(fd, options.max_output_bytes, output)) readable.fd = -1;  // poll then only waits
    if (ended) return true;
    ::poll(&readable, 1, kPollMilliseconds);
  }
  return false;
}

// Kills what is left of the child's group and gives the child's exit code.
int Reap(pid_t child) {
  int status = 0;
  ::kill(-child, SIGKILL);
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<ProcessResult> RunProcess(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  if (arguments.empty()) return Internal("no program to run");
  const std::string name = Printable(arguments[0]);
  Pipe pipe;
  pid_t child = 0;
  const int error = pipe.ends[0] < 0 ? errno : Spawn(arguments, options, pipe.ends[1], child);
  if (error != 0) {
    return Status(error == ENOENT ? Code::kUnavailable : Code::kIo,
                  fmt::format("{}: cannot run it: {}", name, std::generic_category().message(error)));
  }
  pipe.Close(1);
  ProcessResult result;
  const bool ended = ReadUntilEnd(child, pipe.ends[0], options, result.output);
  result.exit_code = Reap(child);
  if (!ended) return IoError("{}: stopped, as it had not ended after {} s", name, options.timeout_seconds);
  return result;
}

std::optional<std::string> FindProgram(const std::string& name, std::string_view path) {
  while (!path.empty()) {
    const std::string_view directory = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(path.size(), directory.size() + 1));
    if (directory.empty()) continue;  // "the current directory" of old: no place to run programs from
    std::string candidate = std::string(directory) + "/" + name;
    struct stat info {};
    if (::stat(candidate.c_str(), &info) == 0 && S_ISREG(info.st_mode) && ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
  }
  return std::nullopt;
}

}  // namespace convnext
