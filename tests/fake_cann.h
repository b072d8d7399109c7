// A CANN of a few files, whose atc is a shell script that does what a test tells it.
#pragma once

#include <sys/utsname.h>

#include <string>

#include "both_languages.h"
#include "convnext/ascend/compile/compile_job.h"
#include "om_bytes.h"
#include "test_util.h"

namespace convnext {

// Has the flags in variables, counts its calls, and then does what the file "behaviour" says.
inline constexpr const char* kFakeAtc = R"sh(#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
for flag; do
  case $flag in --*=*)
    name=${flag%%=*}
    eval "${name#--}=\${flag#*=}" ;;
  esac
done
if [ "$mode" = 1 ]; then
  echo "$om" >> "$here/audits"
  [ -e "$here/graph.json" ] || exit 0
  cp "$here/graph.json" "$json"
  exit
fi
echo "$@" >> "$here/calls"
echo "ATC start working now, please wait for a moment."
finish() {
  cp "$here/model.om" "$output${1:-}.om"
  echo "ATC run success, welcome to the next use."
  exit 0
}
fail() {
  echo "ATC run failed, Please check the detail log, Try 'atc --help' for more information"
  echo "$1"
  exit 255
}
. "$here/behaviour"
)sh";

class FakeCann : public ShellTest {
 protected:
  FakeCann() {
    utsname host{};
    ::uname(&host);
    Add("cann/version.cfg", "# version: 1.0\nruntime_running_version=[7.7.0.1.238:8.1.RC1]\n");
    Add("cann/opp/version.info", "Version=7.7.0.1.238\n");
    for (const char* soc : {"Ascend910B4", "Ascend910B3", "Ascend310P3", "Ascend910_9362"})
      Add(fmt::format("cann/{}-linux/data/platform_config/{}.ini", host.machine, soc), "");
    Add("cann/bin/atc", kFakeAtc);
    std::filesystem::permissions(directory_ / "cann/bin/atc", std::filesystem::perms::owner_all);
    Add("cann/bin/model.om", OmBytes("payload"));
    Add("cann/bin/graph.json", GraphJson("DT_FLOAT"));
    SetAtcScript("finish");
    options_.soc_version = "Ascend910B4";
    options_.timeout_seconds = 60;
    options_.cache = directory_ / "cache";
    options_.machine.variables = {{"ASCEND_HOME_PATH", directory_ / "cann"}, {"PATH", ::getenv("PATH")}};
    options_.progress = [this](const std::string& step) { steps_.push_back(step); };
  }

  static std::string GraphJson(const std::string& dtype) {
    return R"({"graph": [{"op": [{"name": "stem", "type": "Conv2D", "input_desc": [{"dtype": ")" + dtype +
           R"("}]}]}]})";
  }

  void Add(const std::string& path, const std::string& text) {
    const Status status = WriteFile(directory_ / path, text);
    ASSERT_TRUE(status.ok()) << status.message();
  }
  // `script`: what atc does from now on: finish, finish _linux_aarch64, fail TEXT, or any commands.
  void SetAtcScript(const std::string& script) { Add("cann/bin/behaviour", script + "\n"); }

  std::vector<std::string> Lines(const std::string& path) const {
    std::vector<std::string> lines;
    std::ifstream file(directory_ / path);
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  // The flags of each compilation so far.
  std::vector<std::string> AtcCalls() const { return Lines("cann/bin/calls"); }

  OnnxSource Source(const std::string& identity = "model") {
    return {identity, [this, identity](int opset, const std::string& path) {
              ++exports_;
              return WriteFile(path, fmt::format("{} at opset {}", identity, opset));
            }};
  }
  Result<CompiledModel> Compile(int64_t batch = 1) {
    return std::move(CompileSource(Source(), options_, {batch}).front());
  }
  // The reason why compiling fails.
  BlockingReason CompileReason() {
    const auto compiled = Compile();
    if (compiled.ok()) return {"(compiled)", "", "", ""};
    if (compiled.status().reasons().size() != 1) return {compiled.status().message(), "", "", ""};
    ExpectBothLanguages(compiled.status().reasons()[0]);
    return compiled.status().reasons()[0];
  }
  // The names in the cache besides locks and notes of digests.
  std::vector<std::string> CacheEntries() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(options_.cache)) {
      const std::string name = entry.path().filename();
      if (!name.ends_with(".lock") && !name.starts_with("onnx-")) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  TemporaryDirectory directory_;
  CompileOptions options_;
  std::vector<std::string> steps_;
  int exports_ = 0;
};

}  // namespace convnext
