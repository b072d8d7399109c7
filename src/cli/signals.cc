#include "cli/signals.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstring>

#include "cli/cli.h"

namespace convnext::cli {
namespace {

// Everything below runs in handlers: it calls only what POSIX allows there, and allocates nothing.
void Write(const char* text, size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(STDERR_FILENO, text, size);
    if (written <= 0) return;
    text += written;
    size -= static_cast<size_t>(written);
  }
}

void Write(const char* text) { Write(text, std::strlen(text)); }

// Files are written whole or not at all, so that there is nothing to clean up.
void OnInterrupt(int signal) {
  Write("\nconvnext: interrupted; no partial file is left\n");
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

// The bytes of a file, through a small buffer; -1 at its end.
class Bytes {
 public:
  explicit Bytes(const char* path) : fd_(::open(path, O_RDONLY | O_CLOEXEC)) {}
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  ~Bytes() {
    if (fd_ >= 0) ::close(fd_);
  }
  int Next() {
    if (place_ == size_) {
      size_ = fd_ < 0 ? 0 : ::read(fd_, buffer_, sizeof buffer_);
      place_ = 0;
      if (size_ <= 0) return size_ = 0, -1;
    }
    return static_cast<unsigned char>(buffer_[place_++]);
  }

 private:
  int fd_;
  char buffer_[4096];
  ssize_t size_ = 0, place_ = 0;
};

// A hexadecimal number and the character behind it.
uintptr_t NextAddress(Bytes& bytes) {
  uintptr_t value = 0;
  while (true) {
    const int c = bytes.Next();
    if (c >= '0' && c <= '9') {
      value = value << 4 | static_cast<uintptr_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = value << 4 | static_cast<uintptr_t>(c - 'a' + 10);
    } else {
      return value;
    }
  }
}

// The rest of a line, as much of it as `text` holds; false at the end of the file. What a terminal would obey is '?'.
bool NextLine(Bytes& bytes, char* text, size_t capacity, size_t& size) {
  size = 0;
  for (int c = bytes.Next(); c != '\n'; c = bytes.Next()) {
    if (c < 0) return false;
    if (size < capacity) text[size++] = c < ' ' || c == 0x7f ? '?' : static_cast<char>(c);
  }
  return true;
}

// Writes the path of the file that is mapped at `address`; false if none is. A line of /proc/self/maps (proc(5)):
// "7f0c5d000000-7f0c72000000 r--p 00000000 fe:01 1234   /path".
bool WriteMappedFile(uintptr_t address) {
  Bytes maps("/proc/self/maps");
  char line[1024];
  size_t size = 0;
  while (true) {
    const uintptr_t begin = NextAddress(maps), end = NextAddress(maps);
    if (!NextLine(maps, line, sizeof line, size)) return false;
    if (address < begin || address >= end) continue;
    const auto* path = static_cast<const char*>(std::memchr(line, '/', size));
    if (path == nullptr) return false;
    Write(path, static_cast<size_t>(line + size - path));
    return true;
  }
}

// A page of a mapped file is gone: somebody made the file shorter, or its disk cannot be read.
void OnBusError(int signal, siginfo_t* info, void*) {
  if (info->si_code != BUS_ADRERR) {
    std::signal(signal, SIG_DFL);  // the instruction is tried again, and ends the program
    return;
  }
  Write("\nconvnext: error: ");
  if (!WriteMappedFile(reinterpret_cast<uintptr_t>(info->si_addr))) Write("a file that is mapped into memory");
  Write(
      ": it was made shorter while it was being read, or its disk cannot be read; expected a file that stays as it is. "
      "Put it back, and run the command again; no partial file is left\n");
  ::_exit(kSystemError);
}

}  // namespace

void HandleSignals() {
  std::signal(SIGINT, OnInterrupt);
  std::signal(SIGTERM, OnInterrupt);
  std::signal(SIGXFSZ, SIG_IGN);  // a file size limit then is an ordinary write error
  std::signal(SIGPIPE, SIG_IGN);  // and so is a reader who left: the work is done first
  struct sigaction action {};
  action.sa_sigaction = OnBusError;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace convnext::cli
