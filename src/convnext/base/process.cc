#include "convnext/base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "convnext/base/clock.h"
#include "convnext/base/spawn.h"
#include "convnext/base/text.h"

namespace convnext {
namespace {

constexpr int kPollMilliseconds = 5;

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

// Starts the program with `pipe` as its standard output; gives an errno.
int Start(const std::vector<std::string>& arguments, const ProcessOptions& options, const Pipe& pipe, pid_t& child) {
  if (pipe.ends[0] < 0 || ::fcntl(pipe.ends[0], F_SETFL, O_NONBLOCK) != 0) return errno;
  const int output = pipe.ends[1];
  return Spawn(arguments, {options.variables, options.directory}, {-1, output, options.with_errors ? output : -1},
               child);
}

}  // namespace

Result<ProcessResult> RunProcess(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  if (arguments.empty()) return Internal("no program to run");
  const std::string name = Printable(arguments[0]);
  ProcessGuard guard(options.remove_if_killed);
  Pipe pipe;
  pid_t child = 0;
  if (const int error = Start(arguments, options, pipe, child); error != 0) {
    return Status(error == ENOENT ? Code::kUnavailable : Code::kIo,
                  fmt::format("{}: cannot run it: {}", name, std::generic_category().message(error)));
  }
  guard.Watch(child);
  pipe.Close(1);
  ProcessResult result;
  result.timed_out = !ReadUntilEnd(child, pipe.ends[0], options, result.output);
  guard.Stop();
  const int status = KillGroup(child);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (result.timed_out && options.timeout_is_error)
    return IoError("{}: stopped, as it had not ended after {} s", name, options.timeout_seconds);
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
