// ASCEND_EMULATOR_LOG: a file to which every call and every misuse is appended.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "runtime.h"

namespace ascend_emulator {
namespace {

const char* LogPath() {
  const char* path = std::getenv("ASCEND_EMULATOR_LOG");
  return path != nullptr && *path != '\0' ? path : nullptr;
}

}  // namespace

bool Logging() { return LogPath() != nullptr; }

// Opened for each line: the variable may change, and what several processes append is not mixed up. A log that cannot
// be written is no reason to fail.
void Log(const std::string& line) {
  const char* path = LogPath();
  if (path == nullptr) return;
  const int file = ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) return;
  const std::string text = line + '\n';
  const ssize_t written = ::write(file, text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size())) std::fprintf(stderr, "EMULATOR: cannot write %s\n", path);
  ::close(file);
}

}  // namespace ascend_emulator
