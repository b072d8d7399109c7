#pragma once

#include <functional>
#include <string>
#include <vector>

#include "convnext/engine/core.h"

namespace convnext {

// The taps of InferenceResult, in their order.
inline constexpr const char* kTapNames[] = {"stem", "stage0", "stage1", "stage2", "stage3", "head_norm"};

struct InferenceOptions {
  std::vector<std::string> images = {};  // picture files, and .npy files of normalised pictures
  int64_t batch_size = 1;
  int threads = 0;         // that decode and resize; 0: as many as the model has, or all cores beside an NPU
  int64_t warmup = 1;      // untimed runs of the first batch; with taps each batch has one, which reads the activations
  bool normalize = false;  // divide each embedding by its L2 norm
  bool fail_fast = false;  // stop at the first picture that fails
  bool taps = false;       // keep the activations after the stem, each stage and the head norm
  std::function<void(size_t done, size_t total)> progress = {};  // in files; may be empty
};

struct EmbeddedImage {
  std::string path;
  std::string sha256 = {};
  int64_t height = 0, width = 0;  // of the input
  std::vector<std::string> warnings = {};
  int64_t turned = 0;  // by this EXIF orientation; 0: not turned
  double l2_norm = 0;  // of the embedding as it is returned
};

struct FailedImage {
  std::string path;
  Status status;
};

struct InferenceResult {
  int64_t embedding_dim = 0;
  std::vector<float> embeddings;      // [images.size(), embedding_dim]
  std::vector<EmbeddedImage> images;  // in the order they were given, without those that failed
  std::vector<FailedImage> failed;
  std::vector<std::string> warnings;
  double decode_seconds = 0;  // totals over all pictures
  double resize_seconds = 0;
  double model_seconds = 0;  // forward passes, without the warm-up
  ForwardProfile profile;    // of the same passes; no threads where the device does not tell
  std::vector<std::pair<std::string, Tensor<float>>> taps;  // [N, C, H, W], "head_norm" [N, C]
};

// Embeds the pictures in batches, after the warm-up runs, while other threads decode those that follow. The results are
// in the order of the pictures, with the same bits for any number of threads. Pictures that fail stand in `failed` and
// the rest go on; an error is returned where nothing can go on (or the first failure, with fail_fast). The memory does
// not grow with the number of pictures, but for the embedding and the facts of each.
Result<InferenceResult> RunInference(const Engine& engine, const InferenceOptions& options);

// Divides `embedding` by its L2 norm if asked to, and gives the norm that it then has. kInvalid where it is not finite.
Result<double> FinishEmbedding(std::span<float> embedding, bool normalize);
// The sessions that keep a device busy: an NPU copies for one pass while it computes for another; passes on a CPU take
// turns.
int UsefulSessions(const Engine& engine);
// The threads that decode beside a model: a CPU's own decode as well; beside an NPU all cores are free.
int UsefulDecodeThreads(const Engine& engine);

// The same for a measurement: pictures that are already prepared, one batch after the other by the thread that calls.
// options.images is not used; one that fails fails all.
Result<InferenceResult> EmbedImages(const Engine& engine, const InferenceOptions& options,
                                    std::vector<PreparedImage> images);

}  // namespace convnext
