// The emulator's atc as a caller meets it: flags, banners, exit codes, files; strict where the real one is, and honest
// about what it does not emulate. See docs/ascend-facts.md, "Compiling: error codes".
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "atc_fault.h"
#include "atc_precision.h"
#include "atc_request.h"
#include "model.h"
#include "onnx_builder.h"
#include "paths.h"
#include "test_util.h"

namespace ascend_emulator {
namespace {

const std::string kCann = convnext::kEmulatorCann;

using convnext::Outcome;
using convnext::ReadText;
using convnext::WriteText;
using testing::AllOf;
using testing::ElementsAre;
using testing::FloatEq;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::json;

constexpr const char* kStart = "ATC start working now, please wait for a moment.\n";
constexpr const char* kSuccess = "ATC run success, welcome to the next use.\n";
constexpr const char* kFailure = "ATC run failed, Please check the detail log, Try 'atc --help' for more information\n";

// x [batch, 2] times a matrix, plus a constant.
OnnxBuilder SmallGraph(int64_t batch = 1) {
  OnnxBuilder builder;
  builder.Input("x", {batch, 2}).Output("y", {batch, 2}).Floats("b", {2, 2}, {1.0001f, 0, 0, 1});
  builder.Floats("c", {2}, {0.0001f, 0}).Node("MatMul", {"x", "b"}, "m").Node("Add", {"m", "c"}, "y");
  return builder;
}

class AtcTest : public convnext::ShellTest {
 protected:
  AtcTest() { Write("m.onnx", SmallGraph().Bytes()); }

  void Write(const std::string& name, const std::string& bytes) { WriteText(Path(name), bytes); }

  // In a shell that has sourced set_env.sh; `before` may change what it set.
  Outcome Run(const std::string& arguments, const std::string& before = "") const {
    return Shell(". '" + kCann + "/set_env.sh'\n" + before + "\nexec atc " + arguments);
  }
  Outcome Compile(const std::string& flags, const std::string& before = "") const {
    return Run("--framework=5 --model=m.onnx --output=out --soc_version=Ascend910B4-emulator " + flags, before);
  }
  CompiledModel Model(const std::string& name = "out.om") const {
    std::string error;
    const auto model = ReadOm(ReadText(Path(name)), error);
    EXPECT_EQ(error, "");
    return model.value_or(CompiledModel{});
  }
  std::vector<float> Compute(const CompiledModel& model, const std::vector<float>& x) const {
    std::string error;
    const auto program = Program::Make(model, error);
    std::vector<std::string> outputs;
    const std::string bytes = BytesOfFloats(x);
    if (program != nullptr) error = program->Run(1, {bytes}, outputs);
    EXPECT_EQ(error, "");
    return outputs.empty() ? std::vector<float>{} : FloatsOf(outputs[0]);
  }
  void ExpectFailure(const Outcome& outcome, const std::string& code) const {
    EXPECT_EQ(outcome.exit_code, 255) << outcome.out;
    EXPECT_THAT(outcome.out, StartsWith(std::string(kStart) + kFailure + code));
    EXPECT_FALSE(Exists("out.om"));
  }
  Json Graph(const std::string& flags) const {
    EXPECT_EQ(Compile(flags).exit_code, 0);
    const Outcome outcome = Run("--mode=1 --om=out.om --json=graph.json");
    EXPECT_THAT(outcome.out, StartsWith(std::string(kStart) + kSuccess));
    return Json::parse(ReadText(Path("graph.json"))).at("graph").at(0).at("op");
  }
};

TEST_F(AtcTest, Compiles) {
  const Outcome outcome = Compile(
      "--mode=0 --precision_mode_v2=origin --input_format=NCHW --input_shape=x:1,2 "
      "--output_type=FP32 --deterministic=1 --log=error --allow_hf32=false");
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, StartsWith(std::string(kStart) + kSuccess + "W"));
  EXPECT_TRUE(Exists("fusion_result.json"));
  const CompiledModel model = Model();
  EXPECT_EQ(model.soc_version, "Ascend910B4-emulator");
  EXPECT_THAT(model.command, HasSubstr("--precision_mode_v2=origin"));
  EXPECT_EQ(model.inputs.size(), 1U);
  EXPECT_THAT(Compute(model, {1, 1.0001f}), ElementsAre(FloatEq(1.0002f), 1.0001f));
  const Outcome information = Run("--mode=6 --om=out.om");
  EXPECT_THAT(information.out, AllOf(HasSubstr("soc_version[Ascend910B4-emulator]"), HasSubstr("--model=m.onnx")));
  EXPECT_THAT(Compile("--display_model_info=1").out, HasSubstr("Display Model Info start"));
  EXPECT_THAT(Run("--help").out, AllOf(StartsWith("usage: atc"), HasSubstr("--precision_mode_v2")));
}

TEST_F(AtcTest, PrecisionOfEachFlag) {
  const std::vector<std::pair<std::string, std::string>> modes = {
      {"", "fp16"},
      {"--precision_mode=force_fp16", "fp16"},
      {"--precision_mode_v2=fp16", "fp16"},
      {"--precision_mode_v2=origin", "origin"},
      {"--precision_mode=must_keep_origin_dtype", "origin"},
      {"--precision_mode=force_fp32", "cube_fp16in_fp32out"},
      {"--precision_mode=allow_fp32_to_fp16", "cube_fp16in_fp32out"},
      {"--precision_mode_v2=cube_fp16in_fp32out", "cube_fp16in_fp32out"},
      {"--precision_mode=allow_mix_precision", "mixed_float16"},
      {"--precision_mode_v2=mixed_float16", "mixed_float16"}};
  for (const auto& [flag, mode] : modes) {
    EXPECT_EQ(Compile(flag).exit_code, 0);
    EXPECT_EQ(Model().precision_mode, mode) << flag;
  }
  EXPECT_EQ(Compile("").exit_code, 0);
  EXPECT_THAT(Compute(Model(), {1, 1.0001f}), ElementsAre(1, 1));  // float16 when nothing is said
}

TEST_F(AtcTest, Hf32StaysUnlessTheFileTurnsItOff) {
  Write("all.ini", "[ByOpType]\nConv2D=enable_float_32_execution\r\nDepthwiseConv2D = enable_float_32_execution\n");
  Write("one.ini", "# only\n[ByOpType]\nConv2D=enable_float_32_execution\nMatMulV2=enable_hi_float_32_execution");
  const auto hf32 = [this](const std::string& flags) {
    EXPECT_EQ(Compile("--precision_mode_v2=origin " + flags).exit_code, 0);
    const CompiledModel model = Model();
    return std::vector<bool>{model.hf32_convolution, model.hf32_depthwise, model.hf32_matmul};
  };
  EXPECT_THAT(hf32(""), ElementsAre(true, true, false));
  EXPECT_THAT(hf32("--allow_hf32=false"), ElementsAre(true, true, false));
  EXPECT_THAT(hf32("--op_precision_mode=all.ini"), ElementsAre(false, false, false));
  EXPECT_THAT(hf32("--op_precision_mode=one.ini"), ElementsAre(false, true, true));
}

TEST(OperatorModes, Refused) {
  const auto error = [](const std::string& text, const std::string& soc = "Ascend910B4") {
    CompiledModel model;
    model.soc_version = soc;
    return ReadOperatorModes("f.ini", text, model);
  };
  const std::string exact = "[ByOpType]\nMatMul=enable_float_32_execution";
  EXPECT_EQ(error(exact), "");
  EXPECT_EQ(error("[ByOpType]\nLayerNorm=high_precision\nGelu=high_performance\n"), "");
  EXPECT_THAT(error(exact, "Ascend310P3"), AllOf(StartsWith("E10001"), HasSubstr("not supported on Ascend310P3")));
  EXPECT_THAT(error("[ByOpType]\n\nFlatten=high_precision"), HasSubstr("line 3: operator type Flatten has no modes"));
  EXPECT_THAT(error("[ByOpType]\nMatMul=high_precision"), HasSubstr("does not support mode high_precision"));
  EXPECT_THAT(error("[ByOpType]\nGelu=enable_float_32_execution"), HasSubstr("does not support mode"));
  EXPECT_THAT(error("[ByOpType]\nMatMul"), HasSubstr("not of the form"));
  EXPECT_THAT(error("MatMul=enable_float_32_execution"), HasSubstr("not in a section"));
  EXPECT_THAT(error("[ByNodeName]\nm=enable_float_32_execution"), HasSubstr("not in a section"));
}

TEST_F(AtcTest, FlagsThatFail) {
  Write("bad.ini", "[ByOpType]\nSoftmax=high_precision\n");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"--precision_mode_v2=origin --precision_mode=must_keep_origin_dtype", "E10056"},
      {"--precision_mode_v2=fp32", "E10001"},
      {"--precision_mode=origin", "E10001"},
      {"--soc_version=Ascend910B4", "E10001"},  // not an emulated chip
      {"--soc_version=../platform_config/Ascend910B4-emulator", "E10001"},
      {"--soc_version=", "E10054"},
      {"--output=", "E10054"},
      {"--output='a b'", "E10001"},
      {"--output=a+b", "E10001"},
      {"--output=./", "E10001"},
      {"--output=gone/out", "E13000"},
      {"--framework=0", "E10007"},
      {"--framework=onnx", "E10007"},
      {"--model=gone.onnx", "E10001"},
      {"--model='m .onnx'", "E10001"},
      {"--model=.", "E10001"},
      {"--mode=2", "E10001"},
      {"--mode=3", "E10055"},
      {"--input_format=NHWC", "E10001"},
      {"--output_type=FP64", "E10001"},
      {"--log=loud", "E10001"},
      {"--deterministic=2", "E10001"},
      {"--deterministic=yes", "E10006"},
      {"--allow_hf32=1", "E10005"},
      {"--op_precision_mode=gone.ini", "E10001"},
      {"--op_precision_mode=bad.ini", "E10001"},
      {"--out_nodes=m:0", "E10055"},
      {"--input_shape=y:1,2", "E10016"},
      {"--input_shape=x", "E10002"},
      {"--input_shape=x:1,a", "E10002"},
      {"--input_shape=x:1,0", "E10002"},
      {"--input_shape=x:1,,2", "E10002"},
      {"--input_shape='x:1,2;x:1,2'", "E10002"},
      {"--input_shape=x:1,2,3", "E10001"},
      {"--input_shape=x:-1,2", "E10001"},
      {"--input_shape=x:1,3", "E14001"},
      {"--dynamic_batch_size=1,2", "E10031"},
      {"--input_shape=x:-1,2 --dynamic_batch_size=1", "E10035"},
      {"--input_shape=x:-1,2 --dynamic_batch_size=", "E10003"},
      {"--input_shape=x:-1,2 --dynamic_batch_size=1,2,1", "E10003"},
      {"--input_shape=x:-1,2 --dynamic_batch_size=1,0", "E10003"},
      {"--input_shape=x:-1,2 --dynamic_batch_size=1,two", "E10003"},
      {"--input_shape=x:-1,-1 --dynamic_batch_size=1,2", "E10018"},
      {"--input_shape=x:-1,2 --dynamic_batch_size=1,2 --dynamic_dims=1,2", "E10009"},
      {"--fp32", "ERROR: unknown command line flag 'fp32'"},
      {"--precision=fp32", "ERROR: unknown command line flag 'precision'"},
      {"extra", "ERROR: unknown command line flag 'extra'"},
      {"--log", "ERROR: flag '--log' is missing its argument"}};
  for (const auto& [flags, code] : cases) {
    SCOPED_TRACE(flags);
    ExpectFailure(Compile(flags), code);
  }
}

TEST_F(AtcTest, ModelsThatFail) {
  const auto fails = [this](const std::string& bytes, const std::string& code) {
    Write("m.onnx", bytes);
    ExpectFailure(Compile("--precision_mode_v2=origin"), code);
  };
  const std::string good = SmallGraph().Bytes();
  fails("", "E13015");
  fails(good.substr(0, good.size() / 2), "E13005");
  fails("not a model", "E13005");
  fails(SmallGraph(-1).Bytes(), "E10001");
  OnnxBuilder future(19), gelu(20), early_norm(16);
  future.Input("x", {1}).Output("y", {1}).Node("Erf", {"x"}, "y");
  gelu.Input("x", {1}).Output("y", {1}).Node("Gelu", {"x"}, "y");
  early_norm.Input("x", {1}).Output("y", {1}).Floats("s", {1}, {1}).Node("LayerNormalization", {"x", "s"}, "y");
  fails(future.Bytes(), "E13010: No operator plugin is registered for Op: y_node, optype: ai.onnx::19::Erf");
  fails(gelu.Bytes(), "E13010");
  fails(early_norm.Bytes(), "E13010");
}

TEST_F(AtcTest, Gears) {
  Write("m.onnx", SmallGraph(-1).Bytes());
  EXPECT_EQ(Compile("--input_shape=x:-1,2 --dynamic_batch_size=1,4,8 --precision_mode_v2=origin").exit_code, 0);
  const CompiledModel model = Model();
  EXPECT_THAT(model.gears, ElementsAre(1, 4, 8));
  ASSERT_EQ(model.inputs.size(), 2U);
  EXPECT_THAT(model.inputs[0].dims, ElementsAre(-1, 2));
  EXPECT_EQ(model.inputs[1].name, "ascend_mbatch_shape_data");
  EXPECT_THAT(model.outputs[0].dims, ElementsAre(-1, 2));
  EXPECT_EQ(Run("--mode=1 --om=out.om --json=graph.json").exit_code, 0);
  EXPECT_THAT(ReadText(Path("graph.json")), HasSubstr("8"));
}

TEST_F(AtcTest, ExternalData) {
  OnnxBuilder builder = SmallGraph();
  onnx::TensorProto& tensor = *builder.graph().mutable_initializer(0);
  Write("weights.data", "head" + tensor.raw_data());
  tensor.clear_raw_data();
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  for (const auto& [key, value] : {std::pair("location", "weights.data"), {"offset", "4"}, {"length", "16"}}) {
    tensor.add_external_data()->set_key(key);
    tensor.mutable_external_data()->rbegin()->set_value(value);
  }
  Write("m.onnx", builder.Bytes());
  EXPECT_EQ(Compile("--precision_mode_v2=origin").exit_code, 0);
  EXPECT_THAT(Compute(Model(), {1, 2}), ElementsAre(FloatEq(1.0002f), 2));
  std::filesystem::remove(Path("out.om"));
  std::filesystem::remove(Path("weights.data"));
  ExpectFailure(Compile("--precision_mode_v2=origin"), "E13005");
}

TEST_F(AtcTest, EnvironmentOfSetEnv) {
  ExpectFailure(Compile("", "unset ASCEND_OPP_PATH"), "E10501");
  ExpectFailure(Compile("", "ASCEND_OPP_PATH=/nowhere"), "E20002");
  ExpectFailure(Compile("", "unset PYTHONPATH"), "E40020");
  ExpectFailure(Compile("", "PATH='" + kCann + "/bin:/usr/bin:/bin'"), "E40001");
  const Outcome outcome = Compile("", "unset LD_LIBRARY_PATH");
  EXPECT_EQ(outcome.exit_code, 127);
  EXPECT_THAT(outcome.err, HasSubstr("error while loading shared libraries: libge_compiler.so"));
}

TEST_F(AtcTest, ChipsWithoutFloat32Products) {
  Write("all.ini", "[ByOpType]\nConv2D=enable_float_32_execution\n");
  const std::string chip = "--soc_version=Ascend310P3-emulator ";
  ExpectFailure(Compile(chip + "--precision_mode_v2=origin"), "E20001");
  ExpectFailure(Compile(chip + "--precision_mode_v2=cube_fp16in_fp32out --op_precision_mode=all.ini"), "E10001");
  ExpectFailure(Compile(chip + "--precision_mode_v2=cube_fp16in_fp32out --allow_hf32=false"), "E10001");
  EXPECT_EQ(Compile(chip + "--precision_mode_v2=cube_fp16in_fp32out").exit_code, 0);
  EXPECT_THAT(Compute(Model(), {1, 1.0001f}), ElementsAre(1.0001f, 1));
}

// Each operator as "type input,... > output", with one letter for a type.
std::vector<std::string> Types(const Json& ops) {
  std::vector<std::string> lines;
  const auto letters = [](const Json& op, const char* descriptors) {
    std::string text;
    for (const Json& tensor : op.value(descriptors, Json::array()))
      text += tensor.at("dtype") == "DT_FLOAT16" ? 'h' : tensor.at("dtype") == "DT_FLOAT" ? 'f' : 'i';
    return text;
  };
  for (const Json& op : ops)
    lines.push_back(op.at("type").get<std::string>() + " " + letters(op, "input_desc") + ">" +
                    letters(op, "output_desc"));
  return lines;
}

TEST_F(AtcTest, GraphShowsTheCasts) {
  EXPECT_THAT(Types(Graph("--precision_mode_v2=origin")),
              ElementsAre("Data >f", "Const >f", "Const >f", "MatMulV2 ff>f", "Add ff>f", "NetOutput f>"));
  EXPECT_THAT(Types(Graph("")), ElementsAre("Data >f", "Const >h", "Const >h", "Cast f>h", "MatMulV2 hh>h", "Add hh>h",
                                            "Cast h>f", "NetOutput f>"));
  EXPECT_THAT(Types(Graph("--precision_mode_v2=cube_fp16in_fp32out")),
              ElementsAre("Data >f", "Const >h", "Const >f", "Cast f>h", "MatMulV2 hh>f", "Add ff>f", "NetOutput f>"));
  EXPECT_THAT(Types(Graph("--precision_mode_v2=mixed_float16")),
              ElementsAre("Data >f", "Const >h", "Const >f", "Cast f>h", "MatMulV2 hh>h", "Cast h>f", "Add ff>f",
                          "NetOutput f>"));
}

TEST_F(AtcTest, GraphOfAForeignFile) {
  for (const char* om : {"m.onnx", "gone.om"})
    ExpectFailure(Run(std::string("--mode=1 --json=graph.json --om=") + om), "E10001");
  EXPECT_EQ(Compile("").exit_code, 0);
  EXPECT_THAT(Run("--mode=1 --om=out.om").out, HasSubstr("E10054"));
  EXPECT_FALSE(Exists("graph.json"));
}

TEST_F(AtcTest, Faults) {
  const auto run = [this](const std::string& fault, const std::string& flags = "") {
    return Compile(flags, "export ASCEND_EMULATOR_ATC_FAULT='" + fault + "'");
  };
  for (const char* code : {"E16002", "E19010", "E13010", "E20001", "E19999", "EZ9999"}) ExpectFailure(run(code), code);
  ExpectFailure(run("python"), "E40020");
  ExpectFailure(run("E13010@17"), "E13010");
  ExpectFailure(run("nonsense"), "EMULATOR");
  EXPECT_EQ(run("E13010@13").exit_code, 0);
  std::filesystem::remove(Path("out.om"));
  EXPECT_EQ(run("crash").exit_code, 128 + 6);
  EXPECT_EQ(Shell("export ASCEND_EMULATOR_ATC_FAULT=hang; . '" + kCann +
                  "/set_env.sh'; timeout 1 atc "
                  "--framework=5 --model=m.onnx --output=out --soc_version=Ascend910B4-emulator")
                .exit_code,
            124);
  const Outcome empty = run("no_output");
  EXPECT_EQ(empty.exit_code, 0);
  EXPECT_THAT(empty.out, HasSubstr(kSuccess));
  EXPECT_FALSE(Exists("out.om"));
  EXPECT_EQ(run("arch_suffix;cast", "--precision_mode_v2=origin").exit_code, 0);
  EXPECT_FALSE(Exists("out.om"));
  utsname system{};  // not `uname -m`, which under QEMU tells the machine's
  ASSERT_EQ(::uname(&system), 0);
  const CompiledModel model = Model(std::string("out_linux_") + system.machine + ".om");
  EXPECT_THAT(model.command, HasSubstr("origin"));
  EXPECT_THAT(Compute(model, {1, 1.0001f}), ElementsAre(1, 1));
}

TEST(AtcFaults, Parse) {
  const auto faults = ParseFaults("E16002@17;hang;python");
  ASSERT_TRUE(faults);
  EXPECT_TRUE(faults->hang && !faults->crash);
  EXPECT_THAT(FaultError(*faults, 17), StartsWith("E16002: "));
  EXPECT_THAT(FaultError(*faults, 13), StartsWith("E40020: "));
  EXPECT_TRUE(ParseFaults("")->codes.empty());
  for (const char* text : {"E1600", "E16002@", "E16002@x", "slow"}) EXPECT_FALSE(ParseFaults(text)) << text;
}

TEST(InputShapes, Parse) {
  std::map<std::string, std::vector<int64_t>> shapes;
  EXPECT_TRUE(ParseInputShapes("a:0:1,-1,3;b:7", shapes));
  EXPECT_THAT(shapes["a:0"], ElementsAre(1, -1, 3));
  EXPECT_THAT(shapes["b"], ElementsAre(7));
  for (const char* text : {"", "a", ":1", "a:", "a:1,", "a:-2", "a:1;", "a:1;a:1", "a:9999999999"}) {
    std::map<std::string, std::vector<int64_t>> ignored;
    EXPECT_FALSE(ParseInputShapes(text, ignored)) << text;
  }
}

}  // namespace
}  // namespace ascend_emulator
