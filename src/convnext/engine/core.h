#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "convnext/backend/backend.h"
#include "convnext/engine/preprocessor.h"

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
// machine (DescribeModel in eval/model_facts.h).
struct ModelDescription {
  ModelConfig config;
  std::string weights_path;
  std::string weights_sha256;
  bool synthetic = false;
};

// Hashes the whole weights file: a second for each gigabyte.
ModelDescription DescribeModelFile(const ModelFile& file);

// A loaded model and the way of a picture to it. Thread-safe, and cheap to copy: copies share the model.
class Engine {
 public:
  // `backend` is the device; options.backend, which names it, is for those who make one (convnext/engine.h).
  static Result<Engine> Open(const Backend& backend, const EngineOptions& options);
  // The same for a model that is already open; options.model_path is not used.
  static Result<Engine> Load(const Backend& backend, const ModelFile& file, const EngineOptions& options);

  const Program& program() const { return *program_; }
  const Preprocessor& preprocessor() const { return preprocessor_; }
  const ModelDescription& model() const { return *model_; }
  const DeviceFacts& device() const { return program_->device(); }
  double load_seconds() const { return load_seconds_; }  // files to a session that is ready to run, without compiling
  int64_t embedding_dim() const { return model_->config.embedding_dim(); }

  // One for each thread that runs the model.
  Result<std::unique_ptr<Session>> NewSession() const { return program_->NewSession(); }
  // A single pass, in a session of its own: embeddings is [N, embedding_dim].
  Result<RunReport> Embed(const ImageBatch& images, std::span<float> embeddings, const Tap<float>& tap = {}) const;

  Result<PreparedImage> Prepare(const std::string& path) const { return preprocessor_.Prepare(path); }
  Result<PreparedImage> Prepare(std::span<const std::byte> file, const std::string& source) const {
    return preprocessor_.Prepare(file, source);
  }

 private:
  Engine(std::shared_ptr<const Program> program, std::shared_ptr<const ModelDescription> model,
         const Preprocessor& preprocessor, double load_seconds, double hash_seconds);

  std::shared_ptr<const Program> program_;
  std::shared_ptr<const ModelDescription> model_;
  Preprocessor preprocessor_;
  double load_seconds_ = 0;
  double hash_seconds_ = 0;
};

}  // namespace convnext
