#include "convnext/image/tiff_file.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>

namespace convnext {
namespace {

TiffFile& FileOf(thandle_t handle) { return *static_cast<TiffFile*>(handle); }

std::string Message(const char* format, va_list arguments) {
  char text[200];
  std::vsnprintf(text, sizeof(text), format, arguments);
  return text;
}

}  // namespace

Result<std::unique_ptr<TiffFile>> TiffFile::Open(std::span<const std::byte> file, int64_t max_bytes) {
  std::unique_ptr<TiffFile> opened(new TiffFile(file));
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                 &TIFFOpenOptionsFree);
  if (!options) return Internal("libtiff cannot start");
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), max_bytes);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), OnError, opened.get());
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), OnWarning, opened.get());
  // "O": the lists of strips and tiles are read as they are needed.
  opened->tiff_ =
      TIFFClientOpenExt("TIFF", "rO", opened.get(), Read, Write, Seek, Close, Size, Map, Unmap, options.get());
  if (opened->tiff_ == nullptr) return opened->Damaged();
  if (!opened->lost_tag_.empty()) return Invalid("the TIFF is truncated: {}", Printable(opened->lost_tag_));
  opened->error_.clear();  // of tags that do not matter
  return opened;
}

TiffFile::~TiffFile() {
  if (tiff_ != nullptr) TIFFClose(tiff_);
}

Status TiffFile::Damaged() const {
  return Invalid("the TIFF is truncated or damaged: {}", error_.empty() ? "its data make no sense" : Printable(error_));
}

tmsize_t TiffFile::Read(thandle_t handle, void* output, tmsize_t size) {
  TiffFile& self = FileOf(handle);
  if (size <= 0 || self.place_ >= self.file_.size()) return 0;
  const size_t count = std::min(static_cast<size_t>(size), self.file_.size() - static_cast<size_t>(self.place_));
  std::memcpy(output, self.file_.data() + self.place_, count);
  self.place_ += count;
  return static_cast<tmsize_t>(count);
}

tmsize_t TiffFile::Write(thandle_t, void*, tmsize_t) { return 0; }

toff_t TiffFile::Seek(thandle_t handle, toff_t offset, int whence) {
  TiffFile& self = FileOf(handle);
  const uint64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? self.place_ : self.file_.size();
  return self.place_ = from + offset;
}

int TiffFile::Close(thandle_t) { return 0; }

toff_t TiffFile::Size(thandle_t handle) { return FileOf(handle).file_.size(); }

// libtiff only reads of what it opened for reading.
int TiffFile::Map(thandle_t handle, void** base, toff_t* size) {
  const auto file = FileOf(handle).file_;
  *base = const_cast<std::byte*>(file.data());
  *size = file.size();
  return 1;
}

void TiffFile::Unmap(thandle_t, void*, toff_t) {}

int TiffFile::OnError(TIFF*, void* self, const char*, const char* format, va_list arguments) {
  std::string& error = static_cast<TiffFile*>(self)->error_;
  if (error.empty()) error = Message(format, arguments);
  return 1;
}

// Warnings are about what does not matter, except one: a tag beyond the end of the file, such as the palette, without
// which libtiff takes colours to be grey.
int TiffFile::OnWarning(TIFF*, void* self, const char*, const char* format, va_list arguments) {
  std::string& lost = static_cast<TiffFile*>(self)->lost_tag_;
  const std::string text = Message(format, arguments);
  if (lost.empty() && text.starts_with("IO error during reading")) lost = text;
  return 1;
}

}  // namespace convnext
