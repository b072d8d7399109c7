// A file that is written before it gets its name, so that nobody sees half of one.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "convnext/base/file_parts.h"

namespace convnext {

// Whether `name` is one that a file may have while it is written: ".convnext-0123456789abcdef.tmp". It is short, as a
// file system may allow no longer name than the one that the file will get, and random: a process that was killed
// blocks no later one of its number.
bool IsTemporaryName(std::string_view name);

// Removes the files of such names in `directory` that killed processes left behind. One that is being written is locked
// by its writer; where the file system has no locks, one that has not changed for a day is removed.
void SweepTemporaryFiles(const std::string& directory);

class TemporaryFile {
 public:
  enum class Kind {
    kUnnamed,  // O_TMPFILE: it goes with the process, however that ends; where there is no such thing, kNamed
    kNamed,    // removed by the destructor, or after a kill by the next SweepTemporaryFiles
  };

  // In the directory `parent`; error() is an errno, 0 if all is well.
  explicit TemporaryFile(std::string parent, Kind kind = Kind::kUnnamed);
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile();

  int error() const { return error_; }
  int descriptor() const { return file_.get(); }

  // Gives the file the name `path`, which lies in `parent`, in place of what is there. A mount point (one file of a
  // container's host) cannot be replaced: it is written over. Returns an errno.
  int MoveTo(const std::string& path);
  // The same where there is none; EEXIST otherwise.
  int MoveToNew(const std::string& path);

 private:
  void OpenNamed();
  int LinkTo(const std::string& path) const;  // an unnamed file
  int GiveName();                             // to an unnamed file
  int CopyTo(const std::string& path) const;

  std::string parent_, name_;
  FileDescriptor file_;
  int error_ = 0;
};

}  // namespace convnext
