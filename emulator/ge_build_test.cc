// The graph engine's functions as ONNX Runtime's CANN provider calls them: order, options, what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "ge_types.h"
#include "model.h"
#include "onnx_builder.h"

extern "C" const char* aclGetRecentErrMsg();

namespace ascend_emulator {
namespace {

using testing::HasSubstr;

std::string Sqrt(const std::string& type = "Sqrt") {
  return OnnxBuilder().Input("x", {1, 4}).Output("y", {1, 4}).Node(type, {"x"}, "y").Bytes();
}

// The message that a failing function left to be read.
std::string RecentMessage() {
  const char* message = aclGetRecentErrMsg();
  return message == nullptr ? "" : message;
}

ge::graphStatus Initialize(std::map<std::string, std::string> options) {
  ge::Options converted;
  for (const auto& [name, value] : options) converted.emplace(name.c_str(), value.c_str());
  return ge::aclgrphBuildInitialize(converted);
}

ge::graphStatus Build(const std::string& shape, ge::ModelBufferData& model) {
  ge::Graph graph("test");
  const std::string onnx = Sqrt();
  EXPECT_EQ(ge::aclgrphParseONNXFromMem(onnx.data(), onnx.size(), {}, graph), ge::kGraphSuccess);
  return ge::aclgrphBuildModel(graph, {{"input_shape", shape.c_str()}}, model);
}

CompiledModel BuildModel(const std::map<std::string, std::string>& options) {
  EXPECT_EQ(Initialize(options), ge::kGraphSuccess) << RecentMessage();
  ge::ModelBufferData model;
  EXPECT_EQ(Build("x:1,4", model), ge::kGraphSuccess) << RecentMessage();
  ge::aclgrphBuildFinalize();
  std::string error;
  const auto read = ReadOm({reinterpret_cast<const char*>(model.data.get()), model.length}, error);
  EXPECT_EQ(error, "");
  return read.value_or(CompiledModel());
}

const std::string kSoc = "Ascend910B4-emulator";

TEST(GraphEngine, TheParserRefusesWhatIsNoModelItKnows) {
  ge::Graph graph("test");
  EXPECT_EQ(ge::aclgrphParseONNXFromMem(nullptr, 0, {}, graph), ge::kGraphFailed);
  EXPECT_EQ(ge::aclgrphParseONNXFromMem("\x0f garbage", 9, {}, graph), ge::kGraphFailed);
  EXPECT_THAT(RecentMessage(), HasSubstr("E13005"));
  const std::string gelu = Sqrt("Gelu");
  EXPECT_EQ(ge::aclgrphParseONNXFromMem(gelu.data(), gelu.size(), {}, graph), ge::kGraphFailed);
  EXPECT_THAT(RecentMessage(),
              HasSubstr("E13010: No operator plugin is registered for Op: y_node, optype: ai.onnx::17::Gelu"));
}

TEST(GraphEngine, InitializeChecksItsOptions) {
  EXPECT_EQ(Initialize({}), ge::kGraphParamInvalid);
  EXPECT_EQ(Initialize({{"ge.socVersion", "Ascend310P3-emulator"}}), ge::kGraphParamInvalid);
  EXPECT_THAT(RecentMessage(), HasSubstr("soc_version"));
  EXPECT_EQ(Initialize({{"ge.socVersion", kSoc}, {"ge.exec.precision_mode", "float32"}}), ge::kGraphParamInvalid);
  EXPECT_THAT(RecentMessage(), HasSubstr("Value float32 for parameter --precision_mode is invalid"));
  EXPECT_EQ(
      Initialize(
          {{"ge.socVersion", kSoc}, {"ge.exec.precision_mode", "force_fp16"}, {"ge.exec.precision_mode_v2", "origin"}}),
      ge::kGraphParamInvalid);
  EXPECT_THAT(RecentMessage(), HasSubstr("E10056"));
  EXPECT_EQ(Initialize({{"ge.socVersion", kSoc}, {"ge.unheard", "1"}}), ge::kGraphParamInvalid);
}

TEST(GraphEngine, ThePrecisionIsFloat16UnlessAskedFor) {
  const CompiledModel model = BuildModel({{"ge.socVersion", kSoc}});
  EXPECT_EQ(model.precision_mode, "fp16");
  EXPECT_EQ(model.soc_version, kSoc);
  EXPECT_EQ(model.name, "test");
  ASSERT_EQ(model.outputs.size(), 1U);
  EXPECT_THAT(model.outputs[0].dims, testing::ElementsAre(1, 4));
  const CompiledModel origin =
      BuildModel({{"ge.socVersion", kSoc}, {"ge.exec.precision_mode", "must_keep_origin_dtype"}});
  EXPECT_EQ(origin.precision_mode, "origin");
  EXPECT_TRUE(origin.hf32_convolution);  // no option of ONNX Runtime turns it off
}

TEST(GraphEngine, BuildingNeedsInitializeAndTheRightShapes) {
  ge::ModelBufferData model;
  EXPECT_EQ(Build("x:1,4", model), ge::kGraphParamInvalid);
  EXPECT_THAT(RecentMessage(), HasSubstr("aclgrphBuildInitialize was not called"));
  ASSERT_EQ(Initialize({{"ge.socVersion", kSoc}}), ge::kGraphSuccess);
  EXPECT_EQ(Initialize({{"ge.socVersion", kSoc}}), ge::kGraphSuccess);  // again
  EXPECT_EQ(ge::aclgrphBuildModel(ge::Graph("empty"), {}, model), ge::kGraphParamInvalid);
  EXPECT_EQ(Build("x:1,four", model), ge::kGraphParamInvalid);
  EXPECT_EQ(Build("z:1,4", model), ge::kGraphFailed);
  EXPECT_THAT(RecentMessage(), HasSubstr("E10016"));
  EXPECT_EQ(model.data, nullptr);
  EXPECT_EQ(ge::aclgrphSaveModel("nothing", model), ge::kGraphParamInvalid);
  ge::aclgrphBuildFinalize();
}

TEST(GraphEngine, ASavedModelIsTheOneInMemory) {
  ASSERT_EQ(Initialize({{"ge.socVersion", kSoc}}), ge::kGraphSuccess);
  ge::ModelBufferData model;
  ASSERT_EQ(Build("x:1,4", model), ge::kGraphSuccess) << RecentMessage();
  ge::aclgrphBuildFinalize();
  std::string directory = testing::TempDir() + "ge-build-XXXXXX";
  ASSERT_NE(::mkdtemp(directory.data()), nullptr);
  EXPECT_EQ(ge::aclgrphSaveModel((directory + "/m").c_str(), model), ge::kGraphSuccess);
  std::ifstream file(directory + "/m.om", std::ios::binary);
  const std::string saved{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(saved, std::string(reinterpret_cast<const char*>(model.data.get()), model.length));
  EXPECT_EQ(ge::aclgrphSaveModel((directory + "/none/m").c_str(), model), ge::kGraphFailed);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace ascend_emulator
