#include "cli/print.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace convnext::cli {
namespace {

int first_failure = 0;  // on standard output, an errno

void NoteFailure() {
  if (first_failure == 0) first_failure = errno != 0 ? errno : EIO;
}

}  // namespace

void WriteText(std::FILE* stream, std::string_view text) {
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), stream) != text.size() && stream == stdout) NoteFailure();
}

Status FinishOutput() {
  errno = 0;
  if (std::fflush(stdout) != 0) NoteFailure();
  if (first_failure == 0 || first_failure == EPIPE) return {};
  return IoError("cannot write standard output: {}", std::strerror(first_failure));
}

void OpenStandardFiles() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is this one. The wrong direction: reading and writing fail, with EBADF.
    [[maybe_unused]] const int opened = ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace convnext::cli
