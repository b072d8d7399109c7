// convnext inspect: what a model file holds.
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <set>

#include "cli/cli.h"
#include "convnext/engine.h"

namespace convnext::cli {
namespace {

using Json = nlohmann::ordered_json;

struct InspectArguments {
  std::string model_path;
  bool json = false;
};

Json PreprocessingJson(const Preprocessing& p) {
  Json json = {{"input_size", {3, p.image_size.height, p.image_size.width}},
               {"crop_pct", p.crop_pct},
               {"crop_mode", Name(p.crop_mode)},
               {"interpolation", Name(p.interpolation)},
               {"mean", p.mean},
               {"std", p.std}};
  if (p.crop_mode == CropMode::kBorder) json["fill_color"] = p.fill;
  return json;
}

// How many tensors lie beside the model, by the beginning of their names.
Json OthersJson(const ModelFile& model) {
  Json json = Json::object();
  for (const auto& [name, count] : model.others) json[Printable(name)] = count;
  return json;
}

Json Describe(const ModelFile& model) {
  const ModelConfig& config = model.config;
  std::set<std::string> dtypes;
  for (const auto& [name, tensor] : model.tensors) {
    if (tensor != nullptr) dtypes.insert(tensor->dtype);
  }
  Json json;
  json["model"] = config.name();
  json["architecture"] = config.architecture;
  json["depths"] = config.depths;
  json["dims"] = config.dims;
  json["head_hidden_size"] = config.head_hidden_size;
  json["embedding_dim"] = config.embedding_dim();
  json["parameters"] = ParameterCount(config);
  json["layer_norm_eps"] = config.layer_norm_eps;
  json["act_layer"] = Name(config.activation);
  json["global_pool"] = Name(config.pooling);
  json["stored_dtype"] = fmt::format("{}", fmt::join(dtypes, ", "));
  json["preprocessing"] = PreprocessingJson(config.preprocessing);
  json["naming"] = Name(model.naming);
  json["prefix"] = model.prefix;
  json["other_tensors"] = OthersJson(model);
  json["synthetic"] = model.synthetic;
  json["weights_path"] = model.weights_path;
  json["config_path"] = model.config_path.empty() ? Json() : Json(model.config_path);
  json["shards"] = model.file.shards();
  json["weights_sha256"] = model.file.Sha256();
  json["notes"] = config.notes;
  return json;
}

void Print(const Json& json, const std::string& prefix) {
  for (const auto& [name, value] : json.items()) {
    if (value.is_object()) {
      Print(value, prefix + name + ".");
    } else {
      PrintOut("{:<28} {}\n", prefix + name,
               value.is_string() ? Printable(value.get<std::string>(), 1000) : value.dump());
    }
  }
}

Status Inspect(const InspectArguments& arguments) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto path, ModelPath(arguments.model_path));
  CONVNEXT_ASSIGN_OR_RETURN(const auto model, OpenModel(path));
  const Json json = Describe(model);
  if (arguments.json) {
    PrintOut("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    Print(json, "");
  }
  return {};
}

}  // namespace

void AddInspect(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("inspect", "Show what a model file holds: architecture, parameters, preprocessing, sha256");
  command->footer(
      "Examples:\n  convnext inspect weights/convnext_base.clip_laion2b\n  convnext inspect model.safetensors --json");
  auto arguments = std::make_shared<InspectArguments>();
  command->add_option("MODEL," + Flag("--model_path"), arguments->model_path,
                      std::string("FILE.safetensors or a model directory [") + kDefaultModelPath + "]");
  command->add_flag("--json", arguments->json, "print JSON");
  command->callback([arguments, &exit_code] {
    const Status status = Inspect(*arguments);
    exit_code = status.ok() ? kDone : Fail(status);
  });
}

}  // namespace convnext::cli
