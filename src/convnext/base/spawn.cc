#include "convnext/base/spawn.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "convnext/base/process.h"

namespace convnext {
namespace {

// Killed programs may still write for a moment: the directory is removed again until it is gone.
constexpr const char* kGuardScript =
    R"(read -r child
read -r end
[ -z "$child" ] || kill -s KILL -- "-$child"
[ -n "$1" ] || exit 0
for i in 1 2 3 4 5; do rm -rf -- "$1" && exit 0; sleep 1; done)";

constexpr const char* kDirectoryScript = R"(cd -- "$1" && shift && exec "$@")";

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

int SetFile(posix_spawn_file_actions_t& actions, int from, int to) {
  if (from >= 0) return ::posix_spawn_file_actions_adddup2(&actions, from, to);
  return ::posix_spawn_file_actions_addopen(&actions, to, "/dev/null", O_RDWR, 0);
}

int SetActions(posix_spawn_file_actions_t& actions, const SpawnFiles& files) {
  for (const int error : {SetFile(actions, files.input, STDIN_FILENO), SetFile(actions, files.output, STDOUT_FILENO),
                          SetFile(actions, files.errors, STDERR_FILENO)}) {
    if (error != 0) return error;
  }
  return 0;
}

// Where exec would find the program, seen from `directory`; empty: nowhere.
std::string ProgramPath(const std::string& name, const std::string& directory) {
  const char* path = std::getenv("PATH");
  if (name.find('/') == std::string::npos) return FindProgram(name, path == nullptr ? "" : path).value_or("");
  return name.starts_with('/') ? name : directory + "/" + name;
}

// The same program, started in a directory by a shell that becomes it: posix_spawn can do that itself only from glibc
// 2.29 on (posix_spawn_file_actions_addchdir_np). What exec would refuse is an errno here, as it is there.
int StartIn(const std::string& directory, std::vector<std::string>& arguments) {
  const std::string program = ProgramPath(arguments[0], directory);
  if (program.empty()) return ENOENT;
  if (::access(directory.c_str(), X_OK) != 0 || ::access(program.c_str(), X_OK) != 0) return errno;
  arguments.insert(arguments.begin(), {"/bin/sh", "-c", kDirectoryScript, "convnext-directory", directory});
  return 0;
}

}  // namespace

int Spawn(std::vector<std::string> arguments, const SpawnOptions& options, const SpawnFiles& files, pid_t& child) {
  if (!options.directory.empty()) {
    if (const int error = StartIn(options.directory, arguments); error != 0) return error;
  }
  std::vector<std::string> environment = Environment(options.variables);
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  if (const int error = ::posix_spawnattr_init(&attributes); error != 0) return error;
  int error = ::posix_spawn_file_actions_init(&actions);
  if (error == 0) {
    error = SetAttributes(attributes);
    if (error == 0) error = SetActions(actions, files);
    if (error == 0) {
      error = ::posix_spawnp(&child, arguments[0].c_str(), &actions, &attributes, Pointers(arguments).data(),
                             Pointers(environment).data());
    }
    ::posix_spawn_file_actions_destroy(&actions);
    // Where posix_spawn does not wait for exec (under QEMU's user mode), the child may not have its group yet, and a
    // kill of that group would miss it. Where it has, this fails, and nothing is lost.
    if (error == 0) ::setpgid(child, child);
  }
  ::posix_spawnattr_destroy(&attributes);
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
