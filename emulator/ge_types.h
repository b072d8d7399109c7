// The part of the graph engine's C++ interface that ONNX Runtime's CANN provider uses: own declarations with the layout
// and the mangled names of the official ones (libstdc++'s new ABI). tests/acl_headers/ge.cc compares AscendString and
// Graph with the official headers; those of torch-npu leave out ModelBufferData and the aclgrph functions
// (documentation: hiascend.com, "Ascend Graph API").
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#pragma GCC visibility push(default)

namespace ge {

using graphStatus = uint32_t;
inline constexpr graphStatus kGraphSuccess = 0, kGraphFailed = 0xFFFFFFFF, kGraphParamInvalid = 50331649;

class AscendString {
 public:
  AscendString() = default;
  AscendString(const char* name);  // NOLINT(google-explicit-constructor): as the official one
  const char* GetString() const;
  bool operator<(const AscendString& other) const;

 private:
  std::shared_ptr<std::string> name_;
};

class GraphImpl;

class Graph {
 public:
  Graph() = default;
  explicit Graph(const char* name);
  const std::shared_ptr<GraphImpl>& impl() const { return impl_; }

 private:
  std::shared_ptr<GraphImpl> impl_;
};

struct ModelBufferData {
  std::shared_ptr<uint8_t> data;
  uint64_t length = 0;
};

using Options = std::map<AscendString, AscendString>;

graphStatus aclgrphParseONNXFromMem(const char* buffer, size_t size, const Options& options, Graph& graph);
graphStatus aclgrphBuildInitialize(Options& options);
graphStatus aclgrphBuildModel(const Graph& graph, const Options& options, ModelBufferData& model);
graphStatus aclgrphSaveModel(const char* output_file, const ModelBufferData& model);
void aclgrphBuildFinalize();

}  // namespace ge

#pragma GCC visibility pop
