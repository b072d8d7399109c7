#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/backend.h"
#include "image/image.h"
#include "model/model.h"

namespace convnext {

struct EngineOptions {
  std::string model_path;
  // The model where it is open already; model_path is not read then, and loading does not count what opening took.
  std::shared_ptr<const ModelFile> open_model = {};
  BackendOptions backend;
  std::optional<ImageSize> image_size = {};                    // nothing: the model's own
  DecodeOptions decode = {};                                   // of pictures
  std::vector<int64_t> batch_sizes = {1};                      // that will be run
  std::function<void(const std::string& step)> progress = {};  // of long work while loading
};

// The model's files as they were when they were loaded. Records hold the same as text, without the place on this
// machine (DescribeModel in eval/tool_facts.h).
struct ModelDescription {
  ConvNeXtConfig config;
  std::string weights_path;
  std::string weights_sha256;
  bool synthetic = false;
};

// Hashes the whole weights file: a second for each gigabyte.
ModelDescription DescribeModelFile(const ModelFile& file);

// A picture ready for the model: normalised float32 [height, width, 3].
struct PreparedImage {
  std::string path;
  std::string sha256;  // of the file
  int64_t height = 0;
  int64_t width = 0;
  AlignedVector<float> data;
  std::vector<std::string> warnings;
  int64_t turned = 0;         // by this EXIF orientation; 0: not turned
  double decode_seconds = 0;  // bytes to pixels
  double resize_seconds = 0;  // pixels to tensor: resize, crop, normalise
};

// Not thread-safe.
class Engine {
 public:
  static Result<Engine> Open(const EngineOptions& options);
  // The same for a model that is already open; options.model_path is not used.
  static Result<Engine> Load(const ModelFile& file, const EngineOptions& options);

  const ModelDescription& model() const { return model_; }
  const DeviceFacts& device() const { return device_; }
  double load_seconds() const { return load_seconds_; }  // files to a session that is ready to run, without compiling
  int64_t embedding_dim() const { return model_.config.embedding_dim(); }

  // Decodes, resizes, crops and normalises a picture file as timm does.
  Result<PreparedImage> Prepare(const std::string& path) const;
  // The same for a picture file in memory; `source` names it.
  Result<PreparedImage> Prepare(std::span<const std::byte> file, const std::string& source) const;

  // Runs the model: `embeddings` is [N, embedding_dim].
  Status Embed(const ImageBatch& images, std::span<float> embeddings, const Tap<float>& tap = {});

  // The time of the last Embed by the device's own clock, and the device's memory now; nullopt on a CPU.
  std::optional<DeviceTimes> device_times() const { return session_->Times(); }
  std::optional<DeviceMemoryUse> device_memory() { return session_->Memory(); }
  // Where the time of the last Embed went; nullopt on an NPU.
  std::optional<ForwardProfile> profile() const { return session_->Profile(); }
  std::optional<double> MeasurePeak() { return session_->MeasurePeak(); }
  bool IsOneRun(int64_t N) const { return session_->IsOneRun(N); }

 private:
  static Result<Engine> LoadWithBackend(const Backend& backend, const ModelFile& file, const EngineOptions& options);

  ModelDescription model_;
  DeviceFacts device_;
  std::unique_ptr<Session> session_;
  DecodeOptions decode_;
  double load_seconds_ = 0;
  double hash_seconds_ = 0;
};

// A picture file and the pixels that the model sees of it.
struct LoadedPixels {
  DecodedImage decoded;
  Pixels pixels;  // of the preprocessing's image_size
  std::string sha256;
  double decode_seconds = 0;  // bytes to pixels
  double resize_seconds = 0;  // resize and crop
};
Result<LoadedPixels> LoadPixels(const std::string& path, const Preprocessing& preprocessing,
                                const DecodeOptions& options = {});

// A picture file in memory, ready for the model; `source` names it.
Result<PreparedImage> PrepareImage(std::span<const std::byte> file, const std::string& source,
                                   const Preprocessing& preprocessing, const DecodeOptions& options = {});

// SHA-256 of a normalised picture as timm holds it: float32 [3, H, W], little-endian. `nhwc` is [H, W, 3].
std::string TensorSha256(std::span<const float> nhwc);

// Reads a .npy file of pictures that are already normalised: float32 [N, 3, H, W] to N pictures.
Result<std::vector<PreparedImage>> ReadPreparedImages(const std::string& path);

}  // namespace convnext
