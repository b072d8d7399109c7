// The commands through the binary: what they print, write and answer.
#include <gmock/gmock.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "golden_model.h"
#include "shell.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::ordered_json;

class Cli : public ShellTest {
 protected:
  Cli() {
    const Outcome synth = Shell("convnext synth --config $GOLDEN/models/tiny_patch/config.json --seed 1 --output tiny");
    EXPECT_EQ(synth.exit_code, 0) << synth.err;
  }
};

constexpr const char* kInfer = "convnext infer --model_path tiny --image_path ";

TEST_F(Cli, VersionNamesCommitCompilerAndTargets) {
  const Outcome version = Shell("convnext --version");
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.out, AllOf(StartsWith("convnext "), HasSubstr("\ncommit "), HasSubstr("\ncompiler "),
                                 HasSubstr("\nSIMD targets "), HasSubstr("SCALAR")));
}

TEST_F(Cli, HelpOfEveryCommandHasExamples) {
  for (const char* command :
       {"", "infer", "preprocess", "compare", "inspect", "synth", "selftest", "env", "export", "compile"}) {
    const Outcome help = Shell(std::string("convnext ") + command + " --help");
    EXPECT_EQ(help.exit_code, 0) << command;
    EXPECT_THAT(help.out, HasSubstr("Examples:\n  convnext ")) << command;
  }
}

TEST_F(Cli, HelpNamesFlagsInTheSameOrderEveryTime) {
  EXPECT_THAT(
      Shell("convnext infer --help").out,
      HasSubstr(
          "--evidence TEXT Excludes: --output_log --no_log --output --taps --json --profile --device_preprocess\n"));
}

TEST_F(Cli, WrongUseIsExitTwo) {
  for (const char* arguments :
       {"", "frobnicate", "infer", "infer --no_such_flag", "infer --image_path a.jpg --batch_size zero",
        "infer --image_path a.jpg --batch_size 0", "infer --image_path a.jpg --image_size 31"}) {
    const Outcome outcome = Shell(std::string("convnext ") + arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_THAT(outcome.err, AllOf(StartsWith("convnext: error: "), HasSubstr("--help"))) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
  }
}

TEST_F(Cli, InferEmbedsTheGoldenInput) {
  const Outcome infer = Shell(std::string(kInfer) + "$GOLDEN/models/tiny_patch/input.npy --output e.npy --taps taps");
  ASSERT_EQ(infer.exit_code, 0) << infer.err;
  const auto embeddings = ValueOrThrow(ReadNpyFloat32(Path("e.npy")));
  const Tensor<double> truth = GoldenTensor("tiny_patch", "embedding_f64.npy");
  ASSERT_EQ(embeddings.shape, truth.shape);
  EXPECT_LE(LargestErrorPct<float>(truth, embeddings.data), 2e-4);
  for (const char* tap : {"stem", "stage0", "stage1", "stage2", "stage3", "head_norm"}) {
    EXPECT_TRUE(Exists(std::string("taps/tap_") + tap + ".npy")) << tap;
  }
  EXPECT_THAT(infer.out, AllOf(HasSubstr("SYNTHETIC WEIGHTS"), HasSubstr("wrote e.npy")));
}

TEST_F(Cli, JsonHasTheReferenceFieldsFirst) {
  const Outcome infer = Shell(std::string(kInfer) + kPhoto + " --json");
  ASSERT_EQ(infer.exit_code, 0) << infer.err;
  EXPECT_EQ(infer.out, ReadText(Path("logs/inference.json")));
  const Json json = Json::parse(infer.out);
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items()) names.push_back(name);
  const std::vector<std::string> expected = {
      "model",           "device",        "dtype",     "image_path",       "input_shape",
      "embedding_shape", "embedding_dim", "l2_norm",   "embedding_sample", "inference_time_sec",
      "images_per_sec",  "npu_available", "npu_count", "npu_name",         "model_load_time_sec"};
  ASSERT_GT(names.size(), expected.size());
  EXPECT_EQ(std::vector<std::string>(names.begin(), names.begin() + static_cast<ptrdiff_t>(expected.size())), expected);
  EXPECT_EQ(json["input_shape"], Json({1, 3, 256, 256}));
  EXPECT_EQ(json["embedding_sample"].size(), 8U);
  EXPECT_EQ(json["npu_available"], false);
  EXPECT_TRUE(json["npu_name"].is_null());
  EXPECT_EQ(json["synthetic"], true);
  EXPECT_EQ(json["images"].size(), 1U);
  EXPECT_EQ(json["images"][0]["sha256"].get<std::string>().size(), 64U);
  EXPECT_GT(json["inference_time_sec"], 0);
}

TEST_F(Cli, LogFollowsTheReference) {
  ASSERT_EQ(Shell(std::string(kInfer) + kPhoto).exit_code, 0);
  EXPECT_THAT(
      ReadText(Path("logs/inference.log")),
      AllOf(StartsWith("=== "), HasSubstr(" Inference Log ===\nmodel: "), HasSubstr("\ndtype: float32\nimage_path: "),
            HasSubstr("\ninput_shape: [1, 3, 256, 256]\nembedding_shape: [1, 20]\nembedding_dim: 20\nl2_norm: "),
            HasSubstr("\ntimestamp: ")));
}

TEST_F(Cli, OutputLogNamesAPair) {
  ASSERT_EQ(Shell(std::string(kInfer) + kPhoto + " --output-log here/run.log").exit_code, 0);
  EXPECT_TRUE(Exists("here/run.log") && Exists("here/run.json"));
  EXPECT_FALSE(Exists("logs"));
  ASSERT_EQ(Shell(std::string(kInfer) + kPhoto + " --output_log there").exit_code, 0);
  EXPECT_TRUE(Exists("there/inference.log") && Exists("there/inference.json"));
}

TEST_F(Cli, SameBitsForAPictureAloneAndAmongOthers) {
  const std::string list = "$GOLDEN/images/*.jpg $GOLDEN/images/*.webp";
  ASSERT_EQ(Shell(std::string(kInfer) + list + " --output all.npy --batch_size 3 --no_log").exit_code, 0);
  ASSERT_EQ(Shell(std::string(kInfer) + list + " --output one.npy --batch_size 1 --threads 5 --no_log").exit_code, 0);
  EXPECT_EQ(Shell("cmp all.npy one.npy").exit_code, 0);
}

TEST_F(Cli, ListOnStandardInputAndDirectories) {
  const Outcome list =
      Shell("ls $GOLDEN/images/*.webp | convnext infer --model_path tiny --image_path - --json --no_log");
  ASSERT_EQ(list.exit_code, 0) << list.err;
  EXPECT_EQ(Json::parse(list.out)["images"].size(), 2U);
  const Outcome all = Shell("convnext infer --model-path tiny --image-path $GOLDEN/images --json --no-log");
  ASSERT_EQ(all.exit_code, 0) << all.err;
  const Json json = Json::parse(all.out);
  EXPECT_EQ(json["images"].size(), 22U);
  EXPECT_LT(json["images"][0]["path"].get<std::string>(), json["images"][1]["path"].get<std::string>());
  EXPECT_THAT(all.err, HasSubstr("16-bit grey"));
}

TEST_F(Cli, TheExifOrientationIsIgnoredUnlessItIsToBeApplied) {
  const std::string infer = std::string(kInfer) + "$GOLDEN/images/exif_orientation6_640x427.jpg --json --no_log";
  const Outcome ignored = Shell(infer);
  EXPECT_THAT(ignored.err, HasSubstr("EXIF orientation 6 is ignored"));
  EXPECT_FALSE(Json::parse(ignored.out)["images"][0].contains("exif_orientation_applied"));
  const Outcome applied = Shell(infer + " --exif-orientation apply");
  EXPECT_EQ(applied.err, "");
  EXPECT_EQ(Json::parse(applied.out)["images"][0]["exif_orientation_applied"], 6);
  EXPECT_NE(Json::parse(applied.out)["l2_norm"], Json::parse(ignored.out)["l2_norm"]);
  const Outcome seen = Shell(
      "convnext preprocess --image_path $GOLDEN/images/exif_orientation6_640x427.jpg --exif_orientation apply --output "
      "seen.png");
  EXPECT_THAT(seen.out, HasSubstr("JPEG 427x640 ->"));
  EXPECT_EQ(Shell(infer + " --exif_orientation turn").exit_code, 2);
}

TEST_F(Cli, NormalizeGivesUnitVectors) {
  const Outcome infer = Shell(std::string(kInfer) + kPhoto + " --normalize --json --no_log");
  EXPECT_NEAR(Json::parse(infer.out)["l2_norm"].get<double>(), 1.0, 1e-6);
}

TEST_F(Cli, PreprocessedTensorGivesTheSameEmbedding) {
  ASSERT_EQ(
      Shell(std::string("convnext preprocess --model_path tiny --image_path ") + kPhoto + " --output x.npy").exit_code,
      0);
  ASSERT_EQ(
      Shell(std::string(kInfer) + kPhoto + " --output a.npy && " + kInfer + "x.npy --output b.npy && cmp a.npy b.npy")
          .exit_code,
      0);
}

TEST_F(Cli, PreprocessWritesWhatTimmSees) {
  const Outcome preprocess =
      Shell(std::string("convnext preprocess --image_path ") + kPhoto +
            " --output a.png && convnext preprocess --image_path a.png --output b.png && cmp a.png b.png");
  EXPECT_EQ(preprocess.exit_code, 0) << preprocess.err;
  ASSERT_EQ(Shell("convnext preprocess --image_path $GOLDEN/images/astronaut_512x512_q92.jpg --output x.npy").exit_code,
            0);
  const auto golden = ValueOrThrow(ReadNpyFloat32(GoldenPath("preprocess/astronaut_512x512_q92.jpg.256.npy")));
  EXPECT_EQ(ValueOrThrow(ReadNpyFloat32(Path("x.npy"))).data, golden.data);
}

TEST_F(Cli, OneBadPictureDoesNotStopTheRest) {
  const std::string list = std::string(kPhoto) + " missing.jpg $GOLDEN/images/one_pixel.png --output e.npy";
  const Outcome outcome = Shell(kInfer + list);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("missing.jpg"));
  EXPECT_EQ(ValueOrThrow(ReadNpyFloat32(Path("e.npy"))).shape[0], 2);
  const Json json = Json::parse(ReadText(Path("logs/inference.json")));
  EXPECT_EQ(json["images"].size(), 2U);
  EXPECT_EQ(json["failed"][0]["path"], "missing.jpg");
  const Outcome stopped = Shell("rm -r e.npy logs; " + (kInfer + list) + " --fail-fast");
  EXPECT_EQ(stopped.exit_code, 2);
  EXPECT_FALSE(Exists("e.npy") || Exists("logs/inference.json"));
}

TEST_F(Cli, InspectShowsTheModel) {
  const Outcome text = Shell("convnext inspect tiny");
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_THAT(text.out, AllOf(HasSubstr("depths"), HasSubstr("synthetic"), HasSubstr("sha256")));
  const Json json = Json::parse(Shell("convnext inspect tiny --json").out);
  EXPECT_EQ(json["synthetic"], true);
  EXPECT_GT(json["parameters"], 0);
}

// Every command reads a checkpoint as training left it: here shards, whose tensors have a prefix.
TEST_F(Cli, CommandsReadShardsWithAPrefix) {
  ASSERT_EQ(Shell("cp -r $GOLDEN/../data/checkpoints/shards/prefix $GOLDEN/../data/checkpoints/shards/plain . && "
                  "cp $GOLDEN/../data/checkpoints/config.json prefix && cp prefix/config.json plain")
                .exit_code,
            0);
  const Json json = Json::parse(Shell("convnext inspect prefix --json").out);
  EXPECT_EQ(json["prefix"], "module.model.");
  EXPECT_EQ(json["naming"], "timm");
  EXPECT_EQ(json["shards"].size(), 4U);
  EXPECT_EQ(Shell("cd prefix && sha256sum *.safetensors | sha256sum | tr -d ' \n-'").out, json["weights_sha256"]);
  for (const std::string name : {"plain", "prefix"}) {
    const std::string model = " --model_path " + name, images = std::string(" --image_path ") + kPhoto;
    for (const std::string& command :
         {"infer" + model + images + " --no_log --output " + name + ".npy",
          "infer" + model + images + " --dtype bfloat16 --no_log --output " + name + ".bfloat16.npy",
          "preprocess" + model + images + " --output " + name + ".png",
          "export" + model + " --output " + name + ".onnx", "env" + model + " --output " + name + ".env",
          "compare" + model + " " + kPhoto + " $GOLDEN/images/one_pixel.png",
          "eval accuracy" + model + " --num_images 1 --output " + name + ".eval"}) {
      const Outcome outcome = Shell("convnext " + command);
      EXPECT_EQ(outcome.exit_code, 0) << command << ": " << outcome.err;
    }
  }
  for (const char* kind : {"npy", "bfloat16.npy", "png", "onnx"})
    EXPECT_EQ(ReadText(Path(std::string("plain.") + kind)), ReadText(Path(std::string("prefix.") + kind))) << kind;
  const Json record = Json::parse(ReadText(Path("prefix.eval/results/accuracy_eval.json")));
  EXPECT_EQ(record["weights_sha256"], json["weights_sha256"]);
}

TEST_F(Cli, SynthHasRulesAndDataTypes) {
  const std::string synth = "convnext synth --config $GOLDEN/models/tiny_patch/config.json --seed 3 ";
  const std::pair<const char*, const char*> dtypes[] = {
      {"float64", "F64"}, {"float32", "F32"}, {"float16", "F16"}, {"bfloat16", "BF16"}};
  for (const auto& [name, stored] : dtypes) {
    for (const char* rule : {"uniform", "heavy"}) {
      const std::string command = synth + "--rule " + rule + " --dtype " + name + " --output ";
      ASSERT_EQ(Shell(command + "a && " + command + "b").exit_code, 0) << name;
      EXPECT_EQ(ReadText(Path("a/model.safetensors")), ReadText(Path("b/model.safetensors")));
      const Json json = Json::parse(Shell("convnext inspect a --json").out);
      EXPECT_EQ(json["stored_dtype"], stored);
      EXPECT_EQ(json["synthetic"], true);
      EXPECT_EQ(Shell(std::string("convnext infer --no_log --model_path a --image_path ") + kPhoto).exit_code, 0);
    }
  }
  EXPECT_THAT(Shell(synth + "--rule light --output c").err, HasSubstr("light: expected uniform or heavy"));
  EXPECT_THAT(Shell(synth + "--dtype int8 --output c").err, HasSubstr("int8: expected float64, float32, float16 or"));
  EXPECT_FALSE(Exists("c"));
}

TEST_F(Cli, CompareNpy) {
  const std::string truth = "$GOLDEN/models/tiny_patch/embedding_f64.npy";
  EXPECT_EQ(Shell("convnext compare " + truth + " " + truth).exit_code, 0);
  EXPECT_EQ(Shell("convnext compare " + truth + " $GOLDEN/models/tiny_patch/embedding_torch_f32.npy --threshold_pct 1")
                .exit_code,
            0);
  EXPECT_THAT(
      Shell("convnext compare " + truth + " $GOLDEN/models/tiny_patch/embedding_torch_f32.npy").out,
      AllOf(HasSubstr("\nlargest max_rel_error "), HasSubstr(" %, least cosine "), HasSubstr("\nworst channel ")));
  const Outcome different = Shell("convnext compare " + truth + " $GOLDEN/models/odd_channels/embedding_f64.npy");
  EXPECT_EQ(different.exit_code, 2);
  EXPECT_THAT(different.err, AllOf(HasSubstr("[2, 20]"), HasSubstr("[1, 7]")));
  Shell(std::string(kInfer) + "$GOLDEN/images/one_pixel.png " + kPhoto + " --output e.npy --no_log");
  EXPECT_EQ(Shell("convnext compare " + truth + " e.npy --threshold_pct 1").exit_code, 1);
}

// A row of NaN before a good one.
TEST_F(Cli, CompareNpyFailsOnNaN) {
  const float good[] = {1, 2, 3, 4}, bad[] = {std::numeric_limits<float>::quiet_NaN(), 2, 3, 4};
  ASSERT_TRUE(WriteNpy(Path("good.npy"), Shape{2, 2}, good).ok());
  ASSERT_TRUE(WriteNpy(Path("bad.npy"), Shape{2, 2}, bad).ok());
  EXPECT_EQ(Shell("convnext compare good.npy bad.npy --threshold_pct 1").exit_code, 1);
  EXPECT_EQ(Shell("convnext compare good.npy good.npy --threshold_pct 1").exit_code, 0);
}

TEST_F(Cli, ComparePictures) {
  const Outcome same = Shell(std::string("convnext compare ") + kPhoto + " " + kPhoto + " --model_path tiny");
  EXPECT_EQ(same.exit_code, 0) << same.err;
  EXPECT_THAT(same.out, HasSubstr("1.0000"));
}

TEST_F(Cli, SelftestPasses) {
  const Outcome selftest = Shell("convnext selftest");
  EXPECT_EQ(selftest.exit_code, 0) << selftest.out;
  EXPECT_THAT(selftest.out, AllOf(HasSubstr("PASS"), Not(HasSubstr("FAIL")), HasSubstr("selftest passed")));
}

TEST_F(Cli, NoColourOrProgressWhenPiped) {
  const Outcome infer = Shell(std::string(kInfer) + "$GOLDEN/images");
  EXPECT_THAT(infer.out + infer.err, AllOf(Not(HasSubstr("\033")), Not(HasSubstr("\r"))));
}

}  // namespace
}  // namespace convnext
