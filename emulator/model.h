// The emulator's atc leaves this in an .om and its libascendcl runs it: the interface between the two.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ascend_emulator {

// The extra input of a model with gears (int32, two of them, 8 bytes): docs/ascend-facts.md, "AscendCL: batch gears".
inline constexpr const char* kGearInput = "ascend_mbatch_shape_data";

struct TensorInfo {
  std::string name;
  int data_type = 0;          // aclDataType: 0 float, 1 float16, 3 int32, 9 int64
  int format = 2;             // aclFormat: 0 NCHW, 2 ND
  std::vector<int64_t> dims;  // -1 in dims[0]: one of the gears
};

// The content of an .om.
struct CompiledModel {
  std::string name;            // of the output file, without its folder and ".om"
  std::string soc_version;     // "Ascend910B4-emulator"
  std::string precision_mode;  // "origin", "fp16", "cube_fp16in_fp32out" or "mixed_float16"; others are not known here
  // Until turned off by op_precision_mode: docs/ascend-facts.md, "Compiling: precision".
  bool hf32_convolution = true, hf32_depthwise = true;
  bool hf32_matmul = false;
  bool float16_outputs = false;  // --output_type=FP16
  std::string command;           // how atc was called
  std::vector<int64_t> gears;    // batches, empty: static
  std::vector<TensorInfo> inputs, outputs;
  std::string onnx;  // ModelProto, weights inside
};

// Completes a model whose other fields are set: checks its ONNX and fills `inputs` and `outputs`. `input_shapes` are
// those of --input_shape, -1 for gears; an input that is not named there keeps its shape. Returns an error as atc
// prints it, "E10016: ...", empty if ok.
std::string Compile(CompiledModel& model, const std::map<std::string, std::vector<int64_t>>& input_shapes);

// Whether the cube unit of this chip computes float32 (and so HF32): 910B and 910_93 do, 310P and 910A do not.
bool CubeHasFloat32(std::string_view soc_version);

std::string WriteOm(const CompiledModel& model);  // header and payload

// `error`: empty if ok; otherwise it starts with "truncated", "magic" or "payload".
std::optional<CompiledModel> ReadOm(std::string_view bytes, std::string& error);

// Ready to run: the parsed graph, its constants, how it rounds. Several threads may run one at the same time.
class Program {
 public:
  static std::unique_ptr<Program> Make(const CompiledModel& model, std::string& error);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // inputs[i]: little-endian data of input i of CompiledModel::inputs at this batch, at least as long as it needs; the
  // gear input's is not looked at. `batch` must be one of the gears; without gears it is not looked at. outputs is
  // resized. Returns an error text, empty if ok.
  std::string Run(int64_t batch, const std::vector<std::string_view>& inputs, std::vector<std::string>& outputs) const;

 private:
  struct Parts;
  explicit Program(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ascend_emulator
