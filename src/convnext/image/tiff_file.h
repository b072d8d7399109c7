// libtiff on a file in memory.
#pragma once

#include <tiffio.h>

#include <memory>
#include <span>
#include <string>

#include "convnext/base/base.h"

namespace convnext {

// An open TIFF. Nothing is printed, and no single piece of memory is larger than `max_bytes`.
class TiffFile {
 public:
  static Result<std::unique_ptr<TiffFile>> Open(std::span<const std::byte> file, int64_t max_bytes);
  ~TiffFile();
  TiffFile(const TiffFile&) = delete;
  TiffFile& operator=(const TiffFile&) = delete;

  TIFF* get() const { return tiff_; }
  // What libtiff said first is wrong with the pixels; "" if nothing is.
  const std::string& error() const { return error_; }
  Status Damaged() const;

 private:
  explicit TiffFile(std::span<const std::byte> file) : file_(file) {}

  static tmsize_t Read(thandle_t handle, void* output, tmsize_t size);
  static tmsize_t Write(thandle_t handle, void* input, tmsize_t size);
  static toff_t Seek(thandle_t handle, toff_t offset, int whence);
  static int Close(thandle_t handle);
  static toff_t Size(thandle_t handle);
  static int Map(thandle_t handle, void** base, toff_t* size);
  static void Unmap(thandle_t handle, void* base, toff_t size);
  static int OnError(TIFF* tiff, void* self, const char* module, const char* format, va_list arguments);
  static int OnWarning(TIFF* tiff, void* self, const char* module, const char* format, va_list arguments);

  std::span<const std::byte> file_;
  uint64_t place_ = 0;
  TIFF* tiff_ = nullptr;
  std::string error_;
  std::string lost_tag_;
};

}  // namespace convnext
