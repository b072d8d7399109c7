#pragma once

#include <optional>
#include <string>

#include "convnext/model/model.h"

namespace convnext {

// Names of the graph's input, float32 [N, 3, H, W], normalised and in timm's order (or see uint8_input), and of its
// output, float32 [N, embedding_dim].
inline constexpr const char* kOnnxInput = "images";
inline constexpr const char* kOnnxOutput = "embeddings";

struct OnnxOptions {
  int opset = 17;                       // 17: LayerNormalization; 13: the same in smaller operators
  std::optional<int64_t> batch = 1;     // nullopt: any number
  std::optional<int64_t> height = 256;  // nullopt: any size that the model takes
  std::optional<int64_t> width = 256;
  bool external_data = false;  // the weights in PATH.data, which PATH names
  // The input is 8-bit pictures [N, H, W, 3], which the graph normalises: (x / 255 - mean) / std in float32, as the
  // host does.
  bool uint8_input = false;
};

// kInvalid for an opset or a size that is not supported; WriteOnnx begins with it.
Status CheckOnnxOptions(const OnnxOptions& options);

// Writes `model` to `path` (and path + ".data"), whole or not at all. The same model and options give the same bytes.
Status WriteOnnx(const ModelFile& model, const OnnxOptions& options, const std::string& path);

}  // namespace convnext
