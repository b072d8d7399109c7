#include "convnext/engine/picture_loader.h"

#include <algorithm>
#include <new>
#include <system_error>

namespace convnext {
namespace {

LoadedPicture FromPixels(LoadedPixels loaded) {
  const int64_t turned = loaded.turned();
  Pixels& pixels = loaded.pixels;
  return {.path = std::move(loaded.path),
          .sha256 = std::move(loaded.sha256),
          .warnings = std::move(loaded.decoded.warnings),
          .turned = turned,
          .decode_seconds = loaded.decode_seconds,
          .resize_seconds = loaded.resize_seconds,
          .input = {.height = pixels.height, .width = pixels.width, .pixels = std::move(pixels.data)}};
}

LoadedPicture FromTensor(PreparedImage image) {
  return {.path = std::move(image.path),
          .sha256 = std::move(image.sha256),
          .input = {.height = image.height, .width = image.width, .data = std::move(image.data)}};
}

}  // namespace

Result<std::vector<LoadedPicture>> LoadPictures(const Preprocessor& preprocessor, const std::string& path) {
  std::vector<LoadedPicture> pictures;
  if (path.ends_with(".npy")) {
    CONVNEXT_ASSIGN_OR_RETURN(auto images, ReadPreparedImages(path));
    for (PreparedImage& image : images) pictures.push_back(FromTensor(std::move(image)));
    return pictures;
  }
  CONVNEXT_ASSIGN_OR_RETURN(auto loaded, preprocessor.Load(path));
  pictures.push_back(FromPixels(std::move(loaded)));
  return pictures;
}

Result<std::unique_ptr<PictureLoader>> PictureLoader::Open(const Preprocessor& preprocessor,
                                                           std::vector<std::string> paths, int threads, size_t ahead) {
  std::unique_ptr<PictureLoader> loader(new PictureLoader(preprocessor, std::move(paths), ahead));
  const size_t useful = std::min(static_cast<size_t>(std::max(1, threads)), loader->paths_.size());
  try {
    for (size_t i = 0; i < useful; ++i) loader->threads_.emplace_back([&loader = *loader] { loader.Loop(); });
  } catch (const std::system_error& error) {
    if (loader->threads_.empty()) return IoError("a thread to read pictures cannot be started: {}", error.what());
  }
  return loader;
}

PictureLoader::~PictureLoader() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  threads_.clear();  // joins
}

void PictureLoader::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || started_ == paths_.size() || started_ < taken_ + ahead_; });
    if (stop_ || started_ == paths_.size()) return;
    const size_t place = started_++;
    lock.unlock();
    Loaded loaded = [&]() -> Loaded {
      try {
        return LoadPictures(preprocessor_, paths_[place]);
      } catch (const std::bad_alloc&) {
        return IoError("{}: not enough memory for the picture", Printable(paths_[place], 1000));
      }
    }();
    lock.lock();
    loaded_[place] = std::move(loaded);
    changed_.notify_all();
  }
}

std::optional<PictureLoader::Loaded> PictureLoader::Next() {
  std::unique_lock lock(mutex_);
  if (taken_ == paths_.size()) return std::nullopt;
  changed_.wait(lock, [this] { return loaded_[taken_].has_value(); });
  std::optional<Loaded> next = std::exchange(loaded_[taken_], std::nullopt);
  ++taken_;
  changed_.notify_all();
  return next;
}

}  // namespace convnext
