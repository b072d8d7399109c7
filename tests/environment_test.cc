// The environment recorded of a machine: of this one, and of machines put together in a directory.
#include "convnext/eval/environment.h"

#include <gnu/libc-version.h>

#include <nlohmann/json.hpp>

#include "convnext/bundle/bundle.h"
#include "convnext/eval/environment_parts.h"
#include "convnext/eval/glibc_floor.h"
#include "fake_machine.h"
#include "paths.h"

namespace convnext {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;
using Json = nlohmann::ordered_json;

class Host : public FakeMachine {
 protected:
  EnvironmentRecord Collect(const std::string& device = "npu") const {
    EnvironmentOptions options;
    options.device = device;
    options.machine = machine_;
    options.directory = directory_.path();
    return CollectEnvironment(options);
  }
  static std::vector<std::string> ReasonCodes(const EnvironmentRecord& record) {
    std::vector<std::string> codes;
    for (const BlockingReason& reason : record.blocking_reasons) codes.push_back(reason.code);
    return codes;
  }
};

// platform.platform() of Python 3.11 for these, and for the reference's machine.
TEST(PlatformText, IsPythons) {
  EXPECT_EQ(PlatformText("Linux", "6.1.0-13-amd64", "x86_64", "glibc2.36"),
            "Linux-6.1.0-13-amd64-x86_64-with-glibc2.36");
  EXPECT_EQ(PlatformText("Linux", "5.10.0-182.0.0.95.r2220_156.hce2.aarch64", "aarch64", "glibc2.35"),
            "Linux-5.10.0-182.0.0.95.r2220_156.hce2.aarch64-aarch64-with-glibc2.35");
  EXPECT_EQ(PlatformText("Linux", "4.4 (a/b);unknown-", "x", "glibc2.1--"), "Linux-4.4_-a-b-x-with-glibc2.1");
}

TEST(FieldOf, FindsTheFirst) {
  EXPECT_EQ(FieldOf("a: 1\nmodel name\t: A  B \r\nmodel name: C", "model name", ':'), "A  B");
  EXPECT_EQ(FieldOf("NAME=x\nPRETTY_NAME=\"D 12 (b=c)\"", "PRETTY_NAME", '='), "D 12 (b=c)");
  EXPECT_EQ(FieldOf("name\nname=\n", "name", '='), "");
  EXPECT_FALSE(FieldOf("", "name", '='));
}

TEST(Environment, ThisMachine) {
  EnvironmentOptions options;
  options.directory = kSourceDirectory;
  const EnvironmentRecord record = CollectEnvironment(options);
  EXPECT_THAT(record.os, AllOf(StartsWith("Linux-"), HasSubstr("-with-glibc")));
  EXPECT_EQ(record.libc.substr(6), record.os.substr(record.os.find("-with-glibc") + 11));
  EXPECT_FALSE(record.kernel.empty());
  EXPECT_FALSE(record.architecture.empty());
  EXPECT_FALSE(record.cpu_model.empty());
  EXPECT_GE(record.cores, record.usable_cores);
  EXPECT_GT(record.memory_bytes, int64_t{1} << 27);
  EXPECT_EQ(record.tool.binary_sha256.size(), 64U);
  EXPECT_EQ(record.tool, CurrentTool());
  for (const char* library : {"fmt", "libpng", "libarchive", "zlib", "zstd"})
    EXPECT_THAT(record.libraries.at(library), MatchesRegex("[0-9]+\\.[0-9.]+[0-9]")) << library;
  EXPECT_THAT(record.build_flags, AllOf(HasSubstr("-ffp-contract=off"), Not(HasSubstr("/")), Not(HasSubstr("-W"))));
  EXPECT_FALSE(record.host);
  EXPECT_GE(record.window.finished_ns, record.window.started_ns);
  EXPECT_FALSE(HoldsSecret(EnvironmentJson(record)));
  EXPECT_FALSE(HoldsSecret(EnvironmentLog(record)));
  // A record goes to JSON and back, and a checker makes the same files from it.
  const EnvironmentRecord copy = ValueOrThrow(ParseEnvironmentRecord(Json::parse(ToJson(record).dump())));
  EXPECT_EQ(EnvironmentJson(copy), EnvironmentJson(record));
  EXPECT_EQ(EnvironmentLog(copy), EnvironmentLog(record));
}

TEST_F(Host, AnEmptyOne) {
  const EnvironmentRecord record = Collect("cpu");
  EXPECT_EQ(record.cpu_model, "");
  EXPECT_EQ(record.memory_bytes, 0);
  EXPECT_FALSE(record.npu_smi || record.driver_version || record.cann_version || record.git || record.quota_cores);
  EXPECT_THAT(ReasonCodes(record), ElementsAre("npu.driver.missing", "npu.cann.missing"));
  for (const BlockingReason& reason : record.blocking_reasons) {
    EXPECT_FALSE(reason.symptom.empty() || reason.cause.empty() || reason.advice.empty());
    EXPECT_THAT(reason.advice, Not(HasSubstr("\n")));
  }
  EXPECT_THAT(
      EnvironmentLog(record),
      AllOf(StartsWith("# Environment Check Log\n# Repository: not in a git repository\n# Model: not given\n"),
            HasSubstr("## CANN Version\nnot installed\n"), HasSubstr("npu-smi: not installed\ndevices: none\n")));
}

TEST_F(Host, ProcessorsOfBothKinds) {
  Add("proc/cpuinfo",
      "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t\t: fpu sse4_1 avx2 fma avx512f amx_bf16 vmx\n");
  Add("proc/meminfo", "MemTotal:       24684084 kB\nMemFree: 1 kB\n");
  Add("etc/os-release", "NAME=\"x\"\nPRETTY_NAME=\"Some \x1b[31mLinux\xff\"\n");
  EnvironmentRecord record = Collect();
  EXPECT_EQ(record.cpu_model, "Some CPU @ 2 GHz");
  EXPECT_THAT(record.cpu_flags, ElementsAre("sse4_1", "avx2", "fma", "avx512f", "amx_bf16"));
  EXPECT_EQ(record.memory_bytes, int64_t{24684084} << 10);
  EXPECT_EQ(record.distribution, "Some \\x1b[31mLinux\\xff");
  EXPECT_EQ(Json::parse(EnvironmentJson(record))["memory_mb"].dump(), "24105.55");

  const std::string features = "Features\t: fp asimd evtstrm asimdhp asimddp sve bf16 i8mm\n";
  Add("proc/cpuinfo", features + "CPU implementer\t: 0x48\nCPU part\t: 0xd01\n");
  record = Collect();
  EXPECT_EQ(record.cpu_model, "HiSilicon Kunpeng 920 (TaiShan v110)");
  EXPECT_THAT(record.cpu_flags, ElementsAre("asimd", "asimdhp", "asimddp", "sve", "bf16", "i8mm"));
  Add("proc/cpuinfo", "CPU implementer\t: 0x48\nCPU part\t: 0xfff\n");
  EXPECT_EQ(Collect().cpu_model, "ARM implementer 0x48, part 0xfff");
}

// What these distributions write of themselves. Which glibc they have is the test's word.
TEST_F(Host, TheFloorOfGlibcStandsBesideTheDistribution) {
  const struct {
    const char *name, *version, *id, *glibc, *text;
  } cases[] = {
      {"openEuler", "22.03 (LTS-SP3)", "openEuler", "2.34",
       "openEuler 22.03 (LTS-SP3), glibc 2.34; this program needs glibc 2.28 or later"},
      {"openEuler", "24.03 (LTS)", "openEuler", "2.38",
       "openEuler 24.03 (LTS), glibc 2.38; this program needs glibc 2.28 or later"},
      {"Huawei Cloud EulerOS", "2.0 (aarch64)", "hce", "2.34",
       "Huawei Cloud EulerOS 2.0 (aarch64), glibc 2.34; this program needs glibc 2.28 or later"},
      {"Kylin Linux Advanced Server", "V10 (Sword)", "kylin", "2.28",
       "Kylin Linux Advanced Server V10 (Sword), glibc 2.28; this program needs glibc 2.28 or later"},
      {"CentOS Linux", "7 (Core)", "centos", "2.17",
       "CentOS Linux 7 (Core), glibc 2.17, TOO OLD: this program needs glibc 2.28 or later"},
  };
  for (const auto& host : cases) {
    Add("etc/os-release",
        fmt::format("NAME=\"{0}\"\nVERSION=\"{1}\"\nID=\"{2}\"\nPRETTY_NAME=\"{0} {1}\"\nANSI_COLOR=\"0;31\"\n",
                    host.name, host.version, host.id));
    EnvironmentRecord record = Collect("cpu");
    record.libc = std::string("glibc ") + host.glibc;
    EXPECT_EQ(HostText(record, "2.28"), host.text);
  }
  Remove("etc/os-release");
  EnvironmentRecord record = Collect("cpu");
  record.libc = "glibc 2.9";
  EXPECT_EQ(HostText(record, ""), "unknown distribution, glibc 2.9");
  EXPECT_THAT(HostText(record, "2.28"), HasSubstr("TOO OLD"));
}

// No program that started can be newer than what it started with.
TEST(GlibcFloor, IsThatOfThisProgram) {
  const std::string floor = GlibcFloor();
  EXPECT_THAT(floor, StartsWith("2."));
  EXPECT_FALSE(IsOlderVersion(gnu_get_libc_version(), floor));
  const auto listed = ValueOrThrow(
      RunProcess({"/bin/sh", "-c",
                  "objdump -p /proc/$PPID/exe | sed -n 's/.* GLIBC_\\([0-9.]*\\)$/\\1/p' | sort -V | tail -n 1"}));
  EXPECT_EQ(listed.output, floor + "\n");
}

TEST(GlibcFloor, VersionsAreNumbers) {
  EXPECT_TRUE(IsOlderVersion("2.9", "2.28"));
  EXPECT_TRUE(IsOlderVersion("2.2.5", "2.3"));
  EXPECT_TRUE(IsOlderVersion("", "2.2.5"));
  EXPECT_FALSE(IsOlderVersion("2.28", "2.28"));
  EXPECT_FALSE(IsOlderVersion("2.36-9+deb12u10", "2.36"));
  EXPECT_TRUE(IsOlderVersion("PRIVATE", "2.2"));  // no number at all: never a floor
}

TEST_F(Host, AnEmulatedProcessorIsNamed) {
  Add("proc/cpuinfo", "vendor_id\t: AuthenticAMD\nmodel name\t: Some CPU\n");
  const EnvironmentRecord record = Collect();
  EXPECT_EQ(record.cpu_model, record.architecture == "aarch64" ? "Some CPU, emulating aarch64" : "Some CPU");
}

// doctor_test.cc tests the reasons that keep an NPU from being used; this tests how they are recorded.
TEST_F(Host, AnAscendHost) {
  for (const char* name : {"davinci0", "davinci1", "davinci_manager", "devmm_svm", "hisi_hdc", "davinciX", "davinci"})
    Add(std::string("dev/") + name);
  Add("usr/local/Ascend/driver/version.info",
      "Version=24.1.rc1\nascendhal_version=7.35.19\npackage_version=24.1.rc1\n");
  Add("usr/local/Ascend/driver/lib64/libascend_hal.so");
  const std::string cann = "usr/local/Ascend/ascend-toolkit/latest";
  Add(cann + "/aarch64-linux/ascend_toolkit_install.info",
      "package_name=Ascend-cann-toolkit\nversion=8.1.RC1\ninnerversion=V100R001C21SPC001B238\n");
  Add(cann + "/lib64/libascendcl.so");
  Add(cann + "/opp/version.info");
  AddProgram(cann + "/bin/atc", "exit 0\n");
  AddProgram("bin/npu-smi", "echo \"| npu-smi 25.5.2 $1 |\"; echo '| 0 Ascend910 | OK | /home/bob'\n");
  const std::string libraries = "/" + cann + "/lib64:/usr/local/Ascend/driver/lib64";
  machine_.variables = {{"PATH", directory_ / "bin"}, {"LD_LIBRARY_PATH", libraries}};
  EnvironmentRecord record = Collect();
  EXPECT_EQ(record.npu_count, 2);
  EXPECT_EQ(record.driver_version, "24.1.rc1");
  EXPECT_EQ(record.cann_version, "8.1.RC1");
  EXPECT_EQ(record.npu_smi, "| npu-smi 25.5.2 info |\n| 0 Ascend910 | OK | ~");
  EXPECT_THAT(ReasonCodes(record), ElementsAre());
  EXPECT_EQ(Json::parse(EnvironmentJson(record))["npu_available"], true);

  machine_.variables["ASCEND_RT_VISIBLE_DEVICES"] = "0,7";
  record = Collect();
  EXPECT_THAT(ReasonCodes(record), ElementsAre("npu.visible_devices"));
  const Json json = Json::parse(EnvironmentJson(record));
  EXPECT_EQ(json["npu_available"], false);
  EXPECT_EQ(json["npu_count"], 2);
  EXPECT_EQ(json["blocking_reasons"][0]["code"], "npu.visible_devices");
  EXPECT_THAT(EnvironmentLog(record),
              AllOf(HasSubstr("## NPU Info\n| npu-smi 25.5.2 info |\n"), HasSubstr("devices: 2\n"),
                    HasSubstr("## CANN Version\n8.1.RC1\n"), HasSubstr("npu.visible_devices: "),
                    HasSubstr("\n  advice: unset ASCEND_RT_VISIBLE_DEVICES")));
}

TEST_F(Host, CannOfUnknownVersion) {
  machine_.variables = {{"ASCEND_HOME_PATH", "/opt/cann-1"}, {"LD_LIBRARY_PATH", "/opt/cann-1/lib64"}};
  Add("opt/cann-1/version.cfg", "runtime_running_version=]8:[\n");
  Add("opt/cann-1/lib64/libascendcl.so");
  const EnvironmentRecord record = Collect();
  EXPECT_FALSE(record.cann_version);
  EXPECT_THAT(ReasonCodes(record), ElementsAre("npu.driver.missing", "npu.cann.runtime_only"));
  EXPECT_THAT(EnvironmentLog(record), HasSubstr("## CANN Version\ninstalled, version unknown\n"));
}

TEST_F(Host, NpuSmiThatFailsOrFloods) {
  machine_.variables = {{"PATH", directory_ / "bin"}};
  AddProgram("bin/npu-smi", "echo 'dcmi module initialize failed. ret is -8005'; exit 1\n");
  EXPECT_EQ(Collect().npu_smi, "dcmi module initialize failed. ret is -8005");
  EXPECT_THAT(ReasonCodes(Collect()), ElementsAre("npu.driver.modules", "npu.cann.missing"));
  AddProgram("bin/npu-smi", "head -c 3000000 /dev/zero | tr '\\0' '\\n'\n");
  EXPECT_LT(Collect().npu_smi->size(), 2000U);
}

TEST_F(Host, Variables) {
  machine_.variables = {{"ASCEND_HOME_PATH", "/usr/local/Ascend/cann"},
                        {"ASCEND_TOKEN", "abc"},
                        {"LD_LIBRARY_PATH", "/srv/ann/lib:/usr/lib"},
                        {"PYTHONPATH", "a\nb\x1b"},
                        {"AWS_SECRET_ACCESS_KEY", "abc"},
                        {"HOME", "/srv/ann"},
                        {"USER", "ann"}};
  const std::map<std::string, std::string> expected = {{"ASCEND_HOME_PATH", "/usr/local/Ascend/cann"},
                                                       {"ASCEND_TOKEN", "***"},
                                                       {"LD_LIBRARY_PATH", "~/lib:/usr/lib"},
                                                       {"PYTHONPATH", "a\\x0ab\\x1b"}};
  EXPECT_EQ(Collect().variables, expected);
}

TEST_F(Host, GitRepository) {
  machine_.variables = {{"PATH", "/usr/local/bin:/usr/bin:/bin"}};
  const auto sh = [&](const std::string& script) {
    const auto result = RunProcess({"/bin/sh", "-ec", "cd \"$0\"; " + script, directory_.path()});
    EXPECT_TRUE(result.ok() && result->exit_code == 0) << script << (result.ok() ? result->output : "");
  };
  sh("git init -q -b trunk .; git remote add origin https://ann:s3cr3t@gitcode.com/ann/thing.git");
  EXPECT_EQ(Collect().git->branch, "trunk");
  EXPECT_EQ(Collect().git->commit, "");
  sh("echo a > a; git add a; git -c user.name=a -c user.email=a@b commit -q -m a; echo b > untracked");
  EnvironmentRecord record = Collect();
  EXPECT_EQ(record.git->commit.size(), 40U);
  EXPECT_FALSE(record.git->dirty);
  EXPECT_EQ(record.git->remote, "https://***@gitcode.com/ann/thing.git");
  EXPECT_THAT(EnvironmentLog(record), AllOf(HasSubstr("# Repository: thing\n"), HasSubstr("Branch: trunk\nCommit: ")));
  sh("echo b > a");
  EXPECT_TRUE(Collect().git->dirty);
  sh("git checkout -q --detach; git remote remove origin");
  record = Collect();
  EXPECT_EQ(record.git->branch, "HEAD");
  EXPECT_FALSE(record.git->remote);
  EXPECT_THAT(EnvironmentLog(record), HasSubstr("# Repository: a git repository without a remote\n"));
}

TEST(DescribeModel, Golden) {
  const SyntheticModel model = MakeModel(GoldenConfig("tiny_patch"), 1);
  ModelDescription description = DescribeModelFile(model.file);
  description.weights_path = "weights/./tiny/model.safetensors";
  ModelFacts facts = DescribeModel(description);
  EXPECT_EQ(facts.weights_path, "weights/tiny/model.safetensors");
  EXPECT_EQ(facts.weights_sha256, Sha256(model.bytes));
  EXPECT_EQ(facts.parameters, ParameterCount(description.config));
  EXPECT_EQ(facts.tensors, static_cast<int64_t>(ExpectedTensors(description.config).size()));
  EXPECT_EQ(facts.embedding_dim, 20);
  EXPECT_TRUE(facts.synthetic);
  EXPECT_TRUE(ParseConfig(facts.config, "facts").ok());
  for (const std::string path : {"/home/bob/secret/m.safetensors", "../m.safetensors", "a/../../m.safetensors"}) {
    description.weights_path = path;
    EXPECT_EQ(DescribeModel(description).weights_path, "m.safetensors") << path;
  }
  description.weights_path = std::filesystem::current_path() / "m/x.safetensors";
  EXPECT_EQ(DescribeModel(description).weights_path, "m/x.safetensors");

  EnvironmentRecord record;
  record.model = facts;
  record.model->name = "convnext_base.clip_laion2b";
  record.model->parameters = 88'221'824;
  const Json json = Json::parse(EnvironmentJson(record));
  EXPECT_EQ(json["model_params_m"].dump(), "88.22");
  EXPECT_EQ(json["input_size"], Json({3, facts.image_size.height, facts.image_size.width}));
  EXPECT_EQ(json["model_class"], "ConvNeXt");
}

TEST(CompareEnvironments, NamesTheFields) {
  const auto compare = [](const char* a, const char* b) {
    std::vector<std::string> texts;
    for (const FieldDifference& d : CompareEnvironments(Json::parse(a), Json::parse(b)))
      texts.push_back(d.field + ": " + d.a + " -> " + d.b);
    return texts;
  };
  EXPECT_THAT(compare(R"({"a": {"b": [1, 2.5]}})", R"({"a": {"b": [1, 2.5]}})"), ElementsAre());
  EXPECT_THAT(
      compare(R"({"a": 1, "g": {"x": 1, "y": null}, "f": ["p"]})", R"({"f": [], "g": null, "a": 2, "z": "\n"})"),
      ElementsAre("a: 1 -> 2", "g: {\"x\":1,\"y\":null} -> null", "f: [\"p\"] -> []", "z: (absent) -> \"\\n\""));
  EXPECT_THAT(compare(R"({"r": [{"code": "c", "s": 1}, {"s": 2}]})", R"({"r": [{"code": "c", "s": 3}, {"s": 2}]})"),
              ElementsAre("r.c.s: 1 -> 3"));
  EXPECT_THAT(compare(R"({"r": [{"code": "c"}, {"code": "d"}]})", R"({"r": [{"code": "d"}]})"),
              ElementsAre("r.c: {\"code\":\"c\"} -> (absent)"));
  EXPECT_THAT(compare(R"({"t": "a\nb"})", R"({"t": "a\nc"})"), ElementsAre("t:  -> "));
}

}  // namespace
}  // namespace convnext
