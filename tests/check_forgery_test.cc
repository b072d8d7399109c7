// Bundles whose raw data were forged and everything else made from them again, so that nothing contradicts: only the
// rule that looks at the raw data can tell.

#include "forgery.h"

namespace convnext {

void CountEdits(std::map<std::string, int>& mutations);  // of check_test.cc

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Forgery> Forgeries() {
  std::vector<Forgery> forgeries = ForgedProvenance();
  for (auto table : {ForgedMachines(), ForgedNumbers(), ForgedEmbeddings()})
    forgeries.insert(forgeries.end(), table.begin(), table.end());
  return forgeries;
}

class CheckForgeries : public testing::TestWithParam<Forgery> {};
INSTANTIATE_MUTATIONS(CheckForgeries, Forgeries());

TEST_P(CheckForgeries, FailsJustItsRule) {
  const CheckReport report = CheckBundle({ForgeBundle(GetParam().change), {}});
  if (GetParam().only_a_warning) {
    EXPECT_TRUE(report.passed()) << CheckTable(report);
    EXPECT_THAT(RulesWithOutcome(report, {RuleOutcome::kWarn}), Contains(GetParam().rule)) << CheckTable(report);
  } else {
    EXPECT_THAT(FailedRules(report), ElementsAre(GetParam().rule)) << CheckTable(report);
  }
}

TEST(Check, NothingChangedPasses) {
  const CheckReport report = CheckBundle({ForgeBundle([](Records&, Files&) {}), {}});
  EXPECT_THAT(FailedRules(report), IsEmpty()) << CheckTable(report);
}

// The names of what a run of this kind records, on a machine that has the instructions.
TEST(Check, Bfloat16WithItsInstructionsPasses) {
  const auto claim = [](Records& r, Files&) {
    ClaimEverywhere(r, "simd_target", "AVX3_BF16");
    ClaimEverywhere(r, "dtype", "bfloat16");
    r["adapt"]["dtype"] = "bfloat16";
    Json& e = r["environment"];
    e["simd_targets"] = {"AVX3_BF16", "AVX3", "SCALAR"};
    e["cpu_flags"] = {"avx512f", "avx512_bf16"};
    e["architecture"] = "x86_64";
    e["os"] = X86System(r);
  };
  const CheckReport report = CheckBundle({ForgeBundle(claim), {}});
  EXPECT_THAT(FailedRules(report), IsEmpty()) << CheckTable(report);
}

TEST(Check, AnNpuWithItsDataPasses) {
  const CheckReport report =
      CheckBundle({ForgeBundle([](Records& records, Files&) { ClaimNpu(records, "Ascend910_9362"); }), {}});
  EXPECT_THAT(FailedRules(report), IsEmpty()) << CheckTable(report);
}

// Fails closed: without raw data no rule about them passes.
TEST(MoreOfEachRule, R0_WithoutRawDataNothingPasses) {
  for (const char* missing : {kReference, kTest, kTimed, kInferred, kRunLogPath}) {
    Files bundle = GoodBundle();
    bundle.erase(missing);
    if (missing != std::string(kRunLogPath)) RepairDigests(bundle);
    const CheckReport report = CheckBundle({bundle, {}});
    EXPECT_THAT(FailedRules(report), Contains("R0")) << missing;
    EXPECT_GE(FailedRules(report).size(), 20U) << missing;
  }
}

TEST(OneOfEachRule, R0_DamagedRawData) {
  for (const auto& change : std::vector<std::function<void(Files&)>>{
           [](Files& f) { f[kTest].resize(f[kTest].size() - 4); }, [](Files& f) { f[kTest] = f[kTimed]; },
           [](Files& f) { f[kReference] = "no array"; }, [](Files& f) { f[kRunLogPath] = "hello\n"; }}) {
    Files bundle = GoodBundle();
    change(bundle);
    EXPECT_THAT(FailedRules(CheckBundle({bundle, {}})), Contains("R0"));
  }
}

TEST(Check, EveryRuleHasThreeMutations) {
  std::map<std::string, int> mutations = {{"R0", 9}};
  CountEdits(mutations);
  for (const Forgery& forgery : Forgeries()) ++mutations[forgery.rule];
  for (const RuleResult& rule : CheckBundle({GoodBundle(), {}}).rules) EXPECT_GE(mutations[rule.id], 3) << rule.id;
}

}  // namespace
}  // namespace convnext
