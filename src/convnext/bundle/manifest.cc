#include "convnext/bundle/manifest.h"

#include "convnext/bundle/run_log.h"
#include "convnext/facts/facts.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

Json Subject(const Files& files) {
  Json subject = Json::array();
  for (const auto& [path, digest] : Digests(files)) {
    if (path != kManifestPath) subject.push_back({{"name", path}, {"digest", {{"sha256", digest}}}});
  }
  return subject;
}

// The program that measured, and where its source is: a ResourceDescriptor of in-toto.
Json Program(const Evidence& evidence) {
  const ToolFacts& tool = evidence.accuracy.tool;
  const std::string& source = evidence.report.source_url;
  Json program = {{"name", "convnext"}, {"digest", {{"sha256", tool.binary_sha256}}}};
  if (!source.empty()) program["uri"] = source;
  program["annotations"] = {{"version", tool.version},
                            {"commit", tool.commit},
                            {"source", source.empty() ? "not public: no address was given" : source}};
  return program;
}

// The tests are the images: each passes if its largest relative error is below the threshold.
Json Predicate(const Evidence& evidence, const std::string& run_digest) {
  const AccuracyVerdict verdict =
      AssessAccuracy(evidence.accuracy, evidence.reference_embeddings, evidence.test_embeddings);
  Json passed = Json::array(), failed = Json::array();
  for (size_t n = 0; n < verdict.images.size(); ++n) {
    const bool below = verdict.images[n].max_rel_error_pct < evidence.accuracy.threshold_pct;
    (below ? passed : failed)
        .push_back(fmt::format("image {}: max_rel_error_pct < {}", n, evidence.accuracy.threshold_pct));
  }
  return {{"result", verdict.passed() ? "PASSED" : "FAILED"},
          {"configuration", Json::array({{{"name", kRunLogPath},
                                          {"digest", {{"sha256", run_digest}}},
                                          {"annotations", {{"digest_of", "the last line"}}}},
                                         Program(evidence)})},
          {"passedTests", passed},
          {"warnedTests", Json::array()},
          {"failedTests", failed}};
}

}  // namespace

std::string ManifestJson(const Evidence& evidence, const Files& files, const std::string& run_digest) {
  const Json manifest = {{"_type", "https://in-toto.io/Statement/v1"},
                         {"subject", Subject(files)},
                         {"predicateType", "https://in-toto.io/attestation/test-result/v0.1"},
                         {"predicate", Predicate(evidence, run_digest)}};
  return JsonText(manifest, 2) + "\n";
}

}  // namespace convnext
