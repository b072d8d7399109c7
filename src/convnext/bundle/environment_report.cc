#include "convnext/bundle/environment_report.h"

#include <fmt/ranges.h>

#include "convnext/facts/facts.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

// The fields of the adaptation. PyTorch has no part in this program, and Python only where a launcher started it: null.
Json ReferenceFields(const EnvironmentRecord& record) {
  const auto& model = record.model;
  Json json;
  json["timestamp"] = record.window.timestamp;
  json["os"] = record.os;
  json["python"] = record.launcher ? Json(record.launcher->python) : Json();
  json["model"] = model ? Json(model->name) : Json();
  json["model_class"] = model ? Json("ConvNeXt") : Json();
  json["model_params_m"] = model ? Json(RoundTo(static_cast<double>(model->parameters) / 1e6, 2)) : Json();
  json["input_size"] = model ? Json({3, model->image_size.height, model->image_size.width}) : Json();
  json["output_dim"] = model ? Json(model->embedding_dim) : Json();
  json["npu_available"] = NpuAvailable(record);
  json["npu_count"] = record.npu_count;
  json["npu_name"] = OrNull(record.npu_name);
  json["cann_version"] = OrNull(record.cann_version);
  for (const char* unused : {"torch_version", "torch_npu_version", "timm_version"}) json[unused] = nullptr;
  return json;
}

Json MachineFields(const EnvironmentRecord& record) {
  Json json;
  json["requested_device"] = record.requested_device;
  json["distribution"] = record.distribution;
  json["kernel"] = record.kernel;
  json["architecture"] = record.architecture;
  json["libc"] = record.libc;
  json["cpu_model"] = record.cpu_model;
  json["cpu_flags"] = record.cpu_flags;
  json["simd_targets"] = record.simd_targets;
  json["cores"] = record.cores;
  json["usable_cores"] = record.usable_cores;
  json["quota_cores"] = OrNull(record.quota_cores);
  json["memory_mb"] = Megabytes(record.memory_bytes);
  return json;
}

Json ProgramFields(const EnvironmentRecord& record) {
  const auto& model = record.model;
  Json json;
  json["pip_version"] = record.launcher ? OrNull(record.launcher->pip) : Json();
  json["compiler"] = record.compiler;
  json["build_flags"] = record.build_flags;
  json["convnext_version"] = record.tool.version;
  json["convnext_commit"] = record.tool.commit;
  json["binary_sha256"] = record.tool.binary_sha256;
  json["libraries"] = record.libraries;
  json["driver_version"] = OrNull(record.driver_version);
  json["npu_smi"] = OrNull(record.npu_smi);
  json["weights_sha256"] = model ? Json(model->weights_sha256) : Json();
  json["tensors"] = model ? Json(model->tensors) : Json();
  json["parameters"] = model ? Json(model->parameters) : Json();
  json["synthetic"] = model ? Json(model->synthetic) : Json();
  return json;
}

Json BlockingReasons(const EnvironmentRecord& record) {
  Json reasons = Json::array();
  for (const BlockingReason& reason : record.blocking_reasons) {
    reasons.push_back(
        {{"code", reason.code}, {"symptom", reason.symptom}, {"cause", reason.cause}, {"advice", reason.advice}});
  }
  return reasons;
}

Json GitJson(const std::optional<GitFacts>& git) {
  if (!git) return nullptr;
  return {{"branch", git->branch}, {"commit", git->commit}, {"dirty", git->dirty}, {"remote", OrNull(git->remote)}};
}

Json HostJson(const std::optional<HostFacts>& host) {
  if (!host) return nullptr;
  return {{"host", host->host}, {"user", host->user}, {"directory", host->directory}};
}

// The last part of the remote's path: "convnext" of "https://gitcode.com/someone/convnext.git".
std::string RepositoryName(const std::optional<GitFacts>& git) {
  if (!git) return "not in a git repository";
  std::string name = git->remote.value_or("");
  while (name.ends_with('/')) name.pop_back();
  name = name.substr(name.find_last_of("/:") + 1);
  if (name.ends_with(".git")) name.resize(name.size() - 4);
  return name.empty() ? "a git repository without a remote" : name;
}

std::string CannText(const EnvironmentRecord& record) {
  for (const BlockingReason& reason : record.blocking_reasons) {
    if (reason.code == "npu.cann.missing") return "not installed";
  }
  return record.cann_version.value_or("installed, version unknown");
}

std::string NpuText(const EnvironmentRecord& record) {
  std::string text = record.npu_smi.value_or("npu-smi: not installed");
  if (!text.ends_with('\n')) text += '\n';
  text += record.npu_count > 0 ? fmt::format("devices: {}\n", record.npu_count) : "devices: none\n";
  return text + fmt::format("driver: {}\n", record.driver_version.value_or("not installed"));
}

std::string GitText(const std::optional<GitFacts>& git) {
  if (!git) return "Branch: none\nCommit: none\n";
  return fmt::format("Branch: {}\nCommit: {}{}\n", git->branch, git->commit.empty() ? "none" : git->commit,
                     git->dirty ? "\nuncommitted changes: yes" : "");
}

std::string LauncherText(const std::optional<LauncherFacts>& launcher) {
  if (!launcher) return "not used\n";
  return fmt::format("Python {}\npip {}\n", launcher->python, launcher->pip.value_or("not installed"));
}

// The adaptation's log. Its system line is that of uname -a; the name of the host is left out.
std::string ReferenceSections(const EnvironmentRecord& record) {
  std::string text =
      fmt::format("# Environment Check Log\n# Repository: {}\n# Model: {}\n# Date: {}\n", RepositoryName(record.git),
                  record.model ? record.model->name : "not given", record.window.timestamp);
  text += fmt::format("## System Info\nLinux {} {} GNU/Linux\n## Python\n{}## NPU Info\n{}", record.kernel,
                      record.architecture, LauncherText(record.launcher), NpuText(record));
  text += fmt::format("## CANN Version\n{}\n", CannText(record));
  for (const char* unused : {"PyTorch", "torch_npu", "transformers"}) text += fmt::format("## {}\nnot used\n", unused);
  text += "## Git Info\n" + GitText(record.git);
  for (const auto& [name, value] : record.variables) text += fmt::format("{}={}\n", name, value);
  return text;
}

std::string ProcessorSection(const EnvironmentRecord& record) {
  std::string text = fmt::format("## CPU\nmodel: {}\nflags: {}\nSIMD targets: {}\n", record.cpu_model,
                                 fmt::join(record.cpu_flags, " "), fmt::join(record.simd_targets, " "));
  text += fmt::format("cores: {}\nusable cores: {}\n", record.cores, record.usable_cores);
  if (record.quota_cores) text += fmt::format("quota in cores: {}\n", *record.quota_cores);
  return text + fmt::format("## Memory\n{} MB\n", Megabytes(record.memory_bytes));
}

std::string BuildSection(const EnvironmentRecord& record) {
  std::string text = fmt::format("## Build\nconvnext {}\ncommit: {}\nbinary sha256: {}\ncompiler: {}\nflags: {}\n",
                                 record.tool.version, record.tool.commit, record.tool.binary_sha256, record.compiler,
                                 record.build_flags);
  text += fmt::format("## Libraries\n{} ({})\n", record.libc, record.distribution);
  for (const auto& [name, version] : record.libraries) text += fmt::format("{} {}\n", name, version);
  return text;
}

std::string ModelSection(const std::optional<ModelFacts>& model) {
  if (!model) return {};
  std::string text = fmt::format("## Model\nweights: {}\nsha256: {}\n{} tensors, {} parameters\n", model->weights_path,
                                 model->weights_sha256, model->tensors, model->parameters);
  if (model->synthetic) text += "SYNTHETIC WEIGHTS\n";
  for (const std::string& note : model->notes) text += fmt::format("note: {}\n", note);
  return text;
}

std::string BlockingSection(const EnvironmentRecord& record) {
  std::string text = fmt::format("## Device\nrequested: {}\nNPU available: {}\n## Blocking Reasons\n",
                                 record.requested_device, NpuAvailable(record) ? "yes" : "no");
  if (record.blocking_reasons.empty()) text += "none\n";
  for (const BlockingReason& reason : record.blocking_reasons) {
    text +=
        fmt::format("{}: {}\n  cause: {}\n  advice: {}\n", reason.code, reason.symptom, reason.cause, reason.advice);
  }
  return text;
}

}  // namespace

bool NpuAvailable(const EnvironmentRecord& record) { return record.npu_count > 0 && record.blocking_reasons.empty(); }

std::string EnvironmentJson(const EnvironmentRecord& record) {
  Json json = ReferenceFields(record);
  json.update(MachineFields(record));
  json.update(ProgramFields(record));
  json["blocking_reasons"] = BlockingReasons(record);
  json["git"] = GitJson(record.git);
  json["environment_variables"] = Json(record.variables);
  json["host_identity"] = HostJson(record.host);
  return JsonText(json, 2) + "\n";
}

std::string EnvironmentLog(const EnvironmentRecord& record) {
  std::string text = ReferenceSections(record) + ProcessorSection(record) + BuildSection(record) +
                     ModelSection(record.model) + BlockingSection(record);
  if (record.host) {
    text += fmt::format("## Host\n{}@{} in {}\n", record.host->user, record.host->host, record.host->directory);
  }
  return text;
}

}  // namespace convnext
