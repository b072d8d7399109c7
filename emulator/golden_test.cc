// The golden models, exported by the product, computed by the emulator's interpreter: so the interpreter is right, and
// the exported graph says what the model does. The errors of reduced precision are large enough to be seen.
#include <gmock/gmock.h>

#include <thread>

#include "convnext/onnx/onnx.h"
#include "model.h"
#include "onnx_builder.h"
#include "onnx_reader.h"
#include "test_util.h"

namespace ascend_emulator {
namespace {

using convnext::GoldenTensor;
using testing::AllOf;
using testing::Gt;
using testing::HasSubstr;
using testing::Lt;

struct Case {
  std::string model;
  uint64_t seed;
};
const Case kCases[] = {{"tiny_patch", 1}, {"odd_channels", 2}};

std::string Export(const Case& golden, const convnext::OnnxOptions& options, const std::string& path) {
  const auto model = convnext::MakeModel(convnext::GoldenConfig(golden.model), golden.seed);
  const convnext::Status status = WriteOnnx(model.file, options, path);
  EXPECT_TRUE(status.ok()) << status.message();
  return convnext::ReadText(path);
}

// The model in the batch and size of its golden input.
CompiledModel Golden(const Case& golden, int opset, const convnext::Shape& input) {
  const convnext::TemporaryDirectory directory;
  const convnext::OnnxOptions options{opset, input[0], input[2], input[3], false};
  CompiledModel model;
  model.soc_version = "Ascend910B4-emulator";
  model.precision_mode = "origin";
  model.hf32_convolution = model.hf32_depthwise = false;
  model.onnx = Export(golden, options, directory / "m.onnx");
  return model;
}

// The largest error of an embedding, in percent of the largest element of the reference.
double ErrorPct(const Case& golden, CompiledModel model, const convnext::Tensor<double>& input) {
  std::string error = Compile(model, {});
  const auto program = error.empty() ? Program::Make(model, error) : nullptr;
  std::vector<std::string> outputs;
  const std::string bytes = BytesOfFloats({input.data.begin(), input.data.end()});
  if (program != nullptr) error = program->Run(input.shape[0], {bytes}, outputs);
  EXPECT_EQ(error, "");
  if (!error.empty()) return -1;
  const std::vector<float> embedding = FloatsOf(outputs[0]);
  return convnext::LargestErrorPct<float>(GoldenTensor(golden.model, "embedding_f64.npy"), embedding);
}

TEST(GoldenModels, InEachPrecision) {
  for (const Case& golden : kCases) {
    const auto input = GoldenTensor(golden.model, "input.npy");
    for (const int opset : {13, 17}) {
      SCOPED_TRACE(golden.model + " " + std::to_string(opset));
      CompiledModel model = Golden(golden, opset, input.shape);
      const auto error = [&](auto change) {
        CompiledModel changed = model;
        change(changed);
        return ErrorPct(golden, changed, input);
      };
      EXPECT_THAT(error([](CompiledModel&) {}), AllOf(Gt(0), Lt(5e-4)));
      // A forgotten flag is seen by the limit of the accuracy evaluation, 0.001 %.
      EXPECT_THAT(error([](CompiledModel& m) { m.precision_mode = "fp16"; }), AllOf(Gt(0.02), Lt(5)));
      EXPECT_THAT(error([](CompiledModel& m) { m.precision_mode = "mixed_float16"; }), AllOf(Gt(0.02), Lt(5)));
      EXPECT_THAT(error([](CompiledModel& m) { m.precision_mode = "cube_fp16in_fp32out"; }), AllOf(Gt(0.01), Lt(5)));
      EXPECT_THAT(error([](CompiledModel& m) { m.hf32_convolution = true; }), AllOf(Gt(0.002), Lt(1)));
      EXPECT_THAT(error([](CompiledModel& m) { m.hf32_depthwise = true; }), AllOf(Gt(0.002), Lt(1)));
    }
  }
}

TEST(GoldenModels, GearsGiveTheSame) {
  const convnext::TemporaryDirectory directory;
  const Case& golden = kCases[0];
  const auto input = GoldenTensor(golden.model, "input.npy");
  CompiledModel model = Golden(golden, 17, input.shape);
  model.onnx = Export(golden, {17, std::nullopt, input.shape[2], input.shape[3], false}, directory / "m.onnx");
  model.gears = {1, 2};
  ASSERT_EQ(Compile(model, {{convnext::kOnnxInput, {-1, 3, input.shape[2], input.shape[3]}}}), "");
  std::string error;
  const auto program = Program::Make(model, error);
  ASSERT_NE(program, nullptr) << error;
  const std::string bytes = BytesOfFloats({input.data.begin(), input.data.end()});
  std::vector<std::string> both, second;
  ASSERT_EQ(program->Run(2, {bytes, ""}, both), "");
  ASSERT_EQ(program->Run(1, {std::string_view(bytes).substr(bytes.size() / 2), ""}, second), "");
  const auto reference = GoldenTensor(golden.model, "embedding_f64.npy");
  EXPECT_LT(convnext::LargestErrorPct<float>(reference, FloatsOf(both[0])), 5e-4);
  const std::vector<float> row = FloatsOf(second[0]);
  ASSERT_EQ(row.size() * 2, reference.data.size());
  for (size_t i = 0; i < row.size(); ++i) EXPECT_NEAR(double{row[i]}, reference.data[row.size() + i], 1e-5);
}

// As on several devices at once: one program, shared.
TEST(GoldenModels, InSeveralThreads) {
  const Case& golden = kCases[0];
  const auto input = GoldenTensor(golden.model, "input.npy");
  CompiledModel model = Golden(golden, 17, input.shape);
  ASSERT_EQ(Compile(model, {}), "");
  std::string error;
  const auto program = Program::Make(model, error);
  ASSERT_NE(program, nullptr) << error;
  const std::string bytes = BytesOfFloats({input.data.begin(), input.data.end()});
  std::vector<std::vector<std::string>> outputs(4);
  std::vector<std::string> errors(outputs.size());
  std::vector<std::thread> threads;
  threads.reserve(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i)
    threads.emplace_back([&, i] { errors[i] = program->Run(input.shape[0], {bytes}, outputs[i]); });
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < outputs.size(); ++i) {
    ASSERT_EQ(errors[i], "");
    EXPECT_LT(
        convnext::LargestErrorPct<float>(GoldenTensor(golden.model, "embedding_f64.npy"), FloatsOf(outputs[i][0])),
        5e-4);
  }
}

TEST(ExternalData, IsPutIntoTheModel) {
  const convnext::TemporaryDirectory directory;
  const convnext::OnnxOptions inside{17, 1, 64, 64, false}, outside{17, 1, 64, 64, true};
  const std::string one = Export(kCases[0], inside, directory / "one.onnx");
  const std::string two = Export(kCases[0], outside, directory / "two.onnx");
  ASSERT_LT(two.size(), one.size() / 2);
  CompiledModel model = Golden(kCases[0], 17, {1, 3, 64, 64});
  model.onnx = two;
  EXPECT_THAT(Compile(model, {}), HasSubstr("lies outside the model"));
  std::string inlined;
  ASSERT_EQ(InlineExternalData(two, directory.path(), inlined), "");
  OnnxModel first, second;
  ASSERT_EQ(ParseOnnx(one, first), "");
  ASSERT_EQ(ParseOnnx(inlined, second), "");
  ASSERT_EQ(first.initializers.size(), second.initializers.size());
  for (size_t i = 0; i < first.initializers.size(); ++i) {
    EXPECT_EQ(first.initializers[i].name, second.initializers[i].name);
    EXPECT_EQ(first.initializers[i].raw, second.initializers[i].raw) << first.initializers[i].name;
  }
  std::string again;
  EXPECT_EQ(InlineExternalData(one, directory / "nowhere", again), "");
  EXPECT_EQ(again, one);
}

TEST(ExternalData, Refused) {
  const convnext::TemporaryDirectory directory;
  convnext::WriteText(directory / "weights", "12345678");
  const auto error = [&directory](const std::string& location, const std::string& offset, const std::string& length) {
    OnnxBuilder builder;
    builder.Floats("w", {2}, {1, 2});
    onnx::TensorProto& tensor = *builder.graph().mutable_initializer(0);
    tensor.clear_raw_data();
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    for (const auto& [key, value] : {std::pair("location", location), {"offset", offset}, {"length", length}}) {
      onnx::StringStringEntryProto& entry = *tensor.add_external_data();
      entry.set_key(key);
      entry.set_value(value);
    }
    std::string inlined;
    return InlineExternalData(builder.Bytes(), directory.path(), inlined);
  };
  EXPECT_EQ(error("weights", "0", "8"), "");
  EXPECT_THAT(error("weights", "1", "8"), HasSubstr("has 8 bytes"));
  EXPECT_THAT(error("weights", "99999999999", "8"), HasSubstr("has 8 bytes"));
  EXPECT_THAT(error("weights", "-1", "8"), HasSubstr("not well-formed"));
  EXPECT_THAT(error("weights", "0", "99999999999999999999"), HasSubstr("not well-formed"));
  EXPECT_THAT(error("gone", "0", "8"), HasSubstr("cannot be read"));
  EXPECT_THAT(error("../weights", "0", "8"), HasSubstr("not beside the model"));
  EXPECT_THAT(error(directory / "weights", "0", "8"), HasSubstr("not beside the model"));
}

}  // namespace
}  // namespace ascend_emulator
