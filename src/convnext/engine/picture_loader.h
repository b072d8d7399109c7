// Pictures from files, decoded and resized by several threads ahead of the one that wants them.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "convnext/engine/batcher.h"

namespace convnext {

// A picture for a batch, and what is known about its file.
struct LoadedPicture {
  std::string path;
  std::string sha256;
  std::vector<std::string> warnings = {};
  int64_t turned = 0;  // by this EXIF orientation; 0: not turned
  double decode_seconds = 0, resize_seconds = 0;
  BatchInput input;
};

// One picture of a picture file, or all of an .npy file.
Result<std::vector<LoadedPicture>> LoadPictures(const Preprocessor& preprocessor, const std::string& path);

// Not thread-safe: one thread takes what the others load.
class PictureLoader {
 public:
  using Loaded = Result<std::vector<LoadedPicture>>;

  // At most `ahead` files are loaded before they are taken.
  static Result<std::unique_ptr<PictureLoader>> Open(const Preprocessor& preprocessor, std::vector<std::string> paths,
                                                     int threads, size_t ahead);
  PictureLoader(const PictureLoader&) = delete;
  PictureLoader& operator=(const PictureLoader&) = delete;
  ~PictureLoader();  // after the files that are being read

  // The next file in the order of the list; nothing after the last.
  std::optional<Loaded> Next();

 private:
  PictureLoader(const Preprocessor& preprocessor, std::vector<std::string> paths, size_t ahead)
      : preprocessor_(preprocessor), paths_(std::move(paths)), ahead_(ahead), loaded_(paths_.size()) {}
  void Loop();

  const Preprocessor preprocessor_;
  const std::vector<std::string> paths_;
  const size_t ahead_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::optional<Loaded>> loaded_;  // by the place of their path, until they are taken
  size_t started_ = 0, taken_ = 0;
  bool stop_ = false;
  std::vector<std::jthread> threads_;  // the last member: they use all others
};

}  // namespace convnext
