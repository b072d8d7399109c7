// ONNX models, read without the onnx library: the emulator must not share a mistake with the exporter.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ascend_emulator {

// TensorProto.DataType.
enum OnnxType : int64_t { kOnnxFloat = 1, kOnnxUint8 = 2, kOnnxInt32 = 6, kOnnxInt64 = 7, kOnnxFloat16 = 10 };

struct OnnxTensor {
  std::string name;
  int64_t type = 0;
  std::vector<int64_t> dims;
  std::optional<std::string_view> raw;  // into the bytes that were parsed
  std::vector<float> floats;
  std::vector<int64_t> integers;
  bool external = false;  // not inlined
};

struct OnnxAttribute {
  std::string name;
  int64_t type = 0;  // AttributeProto.AttributeType
  float f = 0;
  int64_t i = 0;
  std::string s;
  OnnxTensor tensor;
  std::vector<float> floats;
  std::vector<int64_t> integers;
};

struct OnnxNode {
  std::string name, type, domain;  // domain: "" is ai.onnx
  std::vector<std::string> inputs, outputs;
  std::vector<OnnxAttribute> attributes;

  const OnnxAttribute* Find(std::string_view attribute) const;
  int64_t Integer(std::string_view attribute, int64_t otherwise) const;
  float Float(std::string_view attribute, float otherwise) const;
  std::vector<int64_t> Integers(std::string_view attribute, std::vector<int64_t> otherwise) const;
};

struct OnnxValue {
  std::string name;
  int64_t type = 0;
  bool has_shape = false;
  std::vector<int64_t> dims;  // -1: not fixed
};

struct OnnxOpset {
  std::string domain;
  int64_t version = 0;
};

struct OnnxModel {
  std::vector<OnnxOpset> opsets;
  std::string name;  // of the graph
  std::vector<OnnxNode> nodes;
  std::vector<OnnxTensor> initializers;
  std::vector<OnnxValue> inputs, outputs;

  // The version of the default domain; nullopt if it is not there exactly once.
  std::optional<int64_t> Opset() const;
};

// Returns an error text, empty if ok. `model` points into `bytes`.
std::string ParseOnnx(std::string_view bytes, OnnxModel& model);

// The model with tensors that lie in files beside it (in `folder`) put into it. Returns an error text, empty if ok.
std::string InlineExternalData(std::string_view bytes, const std::string& folder, std::string& inlined);

// The other way: the raw data of all initializers as files, by names that follow from their content, "weight_<hash>";
// the model then refers to them. Returns an error text, empty if ok.
std::string ExternalizeData(std::string_view bytes, std::string& model, std::map<std::string, std::string>& files);

// The names of the files that the model's tensors lie in, and their sizes.
std::map<std::string, uint64_t> ExternalFiles(std::string_view bytes);

// As InlineExternalData, with the content of files at hand.
std::string InlineFiles(std::string_view bytes, const std::map<std::string, std::string>& files, std::string& inlined);

// The number of elements, nullopt if a dimension is below 1 or there are more than 2^31.
std::optional<int64_t> ElementCount(const std::vector<int64_t>& dims);

}  // namespace ascend_emulator
