// Starting a program; RunProcess (base/process.h) is what others use.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace convnext {

// Standard input, output and errors of a program that is started; -1: /dev/null.
struct SpawnFiles {
  int input = -1;
  int output = -1;
  int errors = -1;
};

struct SpawnOptions {
  std::map<std::string, std::string> variables = {};  // added to the environment of this process
  std::string directory = {};                         // that it runs in; empty: that of this process
};

// Starts arguments[0], in a process group of its own and with no signal blocked or ignored. Gives an errno.
int Spawn(std::vector<std::string> arguments, const SpawnOptions& options, const SpawnFiles& files, pid_t& child);

// Both ends of a pipe, closed with the object and not inherited by programs.
struct Pipe {
  int ends[2] = {-1, -1};  // -1 after a failure
  Pipe();
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe();
  void Close(int end);
};

// Kills the group of `child` and waits for the child's end; its exit status as waitpid gives it.
int KillGroup(pid_t child);

// From its start until Stop a second process waits for the end of this one, be it by SIGKILL: if that comes, the group
// of the child that it watches is killed and `directory`, if not empty, is removed. A shell does it and not a fork of
// this process, which may hold gigabytes and a device. Where it cannot be started there is no guard.
class ProcessGuard {
 public:
  explicit ProcessGuard(const std::string& directory);
  ProcessGuard(const ProcessGuard&) = delete;
  ProcessGuard& operator=(const ProcessGuard&) = delete;
  ~ProcessGuard() { Stop(); }
  void Watch(pid_t child);
  // To be called before the child is reaped: after that another process may have its number.
  void Stop();

 private:
  Pipe alive_;  // the writing end closes when this process ends; the reading end stays open, so that no write fails
  pid_t guard_ = 0;
};

}  // namespace convnext
