// `convnext env` through the binary.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "shell.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::ordered_json;

class CliEnv : public ShellTest {
 protected:
  // Runs `convnext env` with a home directory, a host and a repository that would give something away.
  Outcome RunEnv(const std::string& arguments) {
    return Shell("export HOME=/srv/people/ann ASCEND_PROCESS_LOG_PATH=/srv/people/ann/log; convnext env " + arguments);
  }
  std::string WrittenEvidence() const {
    return ReadText(Path("results/env_info.json")) + ReadText(Path("logs/env_check.log"));
  }
};

TEST_F(CliEnv, WritesTheReferenceFieldsFirst) {
  const Outcome env = RunEnv("--json");
  ASSERT_EQ(env.exit_code, 0) << env.err;
  EXPECT_EQ(env.out, ReadText(Path("results/env_info.json")));
  const std::vector<std::string> expected = {"timestamp",     "os",
                                             "python",        "model",
                                             "model_class",   "model_params_m",
                                             "input_size",    "output_dim",
                                             "npu_available", "npu_count",
                                             "npu_name",      "cann_version",
                                             "torch_version", "torch_npu_version",
                                             "timm_version"};
  const Json json = Json::parse(env.out);
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items()) names.push_back(name);
  ASSERT_GT(names.size(), expected.size());
  names.resize(expected.size());
  EXPECT_EQ(names, expected);
  EXPECT_TRUE(json["host_identity"].is_null());
  EXPECT_TRUE(json["python"].is_null());
  EXPECT_EQ(json["environment_variables"]["ASCEND_PROCESS_LOG_PATH"], "~/log");
  const std::string log = ReadText(Path("logs/env_check.log"));
  size_t at = 0;
  for (const char* header :
       {"# Environment Check Log\n", "# Repository: ", "# Model: ", "# Date: ", "## System Info\n", "## Python\n",
        "## NPU Info\n", "## CANN Version\n", "## PyTorch\n", "## torch_npu\n", "## transformers\n",
        "## Git Info\nBranch: ", "Commit: ", "ASCEND_PROCESS_LOG_PATH=~/log\n"}) {
    const size_t found = log.find(header, at);
    ASSERT_NE(found, std::string::npos) << header << log;
    at = found;
  }
}

TEST_F(CliEnv, SaysNothingOfTheHost) {
  ASSERT_EQ(Shell("git init -q .; git remote add origin https://ann:s3cr3t@gitcode.com/ann/thing.git").exit_code, 0);
  const Outcome env = RunEnv("");
  ASSERT_EQ(env.exit_code, 0) << env.err;
  const std::string host = Shell("uname -n | tr -d '\\n'").out;
  for (const std::string& text : {WrittenEvidence(), env.out}) {
    EXPECT_THAT(text, AllOf(Not(HasSubstr("/srv/people")), Not(HasSubstr("s3cr3t"))));
    const bool telling = host.size() > 5;  // "vm" is in other words too
    EXPECT_TRUE(!telling || text.find(host) == std::string::npos) << host;
  }
  EXPECT_THAT(WrittenEvidence(),
              AllOf(HasSubstr("https://***@gitcode.com/ann/thing.git"), HasSubstr("# Repository: thing\n")));
  ASSERT_EQ(RunEnv("--with-host-identity").exit_code, 0);
  const Json json = Json::parse(ReadText(Path("results/env_info.json")));
  EXPECT_EQ(json["host_identity"]["host"], host);
  EXPECT_EQ(json["host_identity"]["directory"], std::filesystem::canonical(Path(".")).string());
}

TEST_F(CliEnv, DevicesDecideTheExitCode) {
  const Outcome npu = RunEnv("--device npu:1 --output there/");
  EXPECT_EQ(npu.exit_code, 3);
  EXPECT_THAT(npu.err,
              AllOf(StartsWith("convnext: error: device npu:1"), HasSubstr("npu.driver.missing, npu.cann.missing")));
  EXPECT_THAT(npu.out, AllOf(HasSubstr("blocked   npu.driver.missing\n  found   "), HasSubstr("\n  do      "),
                             HasSubstr("there/logs/env_check.log")));
  EXPECT_TRUE(Exists("there/results/env_info.json") && Exists("there/logs/env_check.log"));
  EXPECT_EQ(RunEnv("--device gpu").exit_code, 2);
  EXPECT_EQ(RunEnv("--model_path nowhere").exit_code, 2);
  EXPECT_EQ(Shell("touch file; convnext env --output file").exit_code, 2);
  EXPECT_FALSE(Exists("results") || Exists("logs"));
}

TEST_F(CliEnv, NamesTheFloorOfGlibc) {
  EXPECT_THAT(RunEnv("").out, AllOf(StartsWith("system    Linux-"), HasSubstr("; this program needs glibc 2.")));
}

TEST_F(CliEnv, RunsNpuSmi) {
  ASSERT_EQ(Shell("mkdir bin; printf '#!/bin/sh\\necho \"| npu-smi 25.5.2 |\"\\n' > bin/npu-smi; chmod +x bin/npu-smi; "
                  "PATH=\"$PWD/bin:$PATH\" convnext env")
                .exit_code,
            0);
  EXPECT_EQ(Json::parse(ReadText(Path("results/env_info.json")))["npu_smi"], "| npu-smi 25.5.2 |");
  EXPECT_THAT(ReadText(Path("logs/env_check.log")), HasSubstr("## NPU Info\n| npu-smi 25.5.2 |\n"));
}

TEST_F(CliEnv, DescribesTheModel) {
  ASSERT_EQ(Shell("convnext synth --config $GOLDEN/models/tiny_patch/config.json --seed 1 --output tiny").exit_code, 0);
  const Outcome env = RunEnv("--model_path tiny");
  ASSERT_EQ(env.exit_code, 0) << env.err;
  EXPECT_THAT(env.out, HasSubstr("SYNTHETIC WEIGHTS"));
  const Json json = Json::parse(ReadText(Path("results/env_info.json")));
  EXPECT_EQ(json["model_class"], "ConvNeXt");
  EXPECT_EQ(json["output_dim"], 20);
  EXPECT_EQ(json["synthetic"], true);
  EXPECT_EQ(json["weights_sha256"].get<std::string>() + "  tiny/model.safetensors\n",
            Shell("sha256sum tiny/model.safetensors").out);
}

TEST_F(CliEnv, Compare) {
  ASSERT_EQ(RunEnv("--output a").exit_code + RunEnv("--output b").exit_code, 0);
  const std::string compare = "convnext env --compare a/results/env_info.json b/results/env_info.json";
  const Outcome same =
      Shell("sed -i 's/\"timestamp\": \".*\"/\"timestamp\": \"then\"/' a/results/env_info.json; " + compare);
  EXPECT_EQ(same.exit_code, 0) << same.out;
  EXPECT_THAT(same.out, AllOf(StartsWith("timestamp: \"then\" -> \""), HasSubstr("\nno difference\n")));
  const Outcome other = Shell("sed -i 's/\"cores\": .*,/\"cores\": 77,/' a/results/env_info.json; " + compare);
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.out, AllOf(HasSubstr("\ncores: 77 -> "), HasSubstr("\n1 field differs\n")));
  EXPECT_EQ(Shell("echo '[1]' > c; convnext env --compare c a/results/env_info.json").exit_code, 2);
  EXPECT_EQ(Shell("convnext env --compare nowhere a/results/env_info.json").exit_code, 2);
  const Outcome both = Shell(compare + " --device npu");
  EXPECT_EQ(both.exit_code, 2);
  EXPECT_THAT(both.err, HasSubstr("--device has no meaning beside --compare"));
}

}  // namespace
}  // namespace convnext
