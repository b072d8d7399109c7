// Tables of npu-smi as different chips and versions print them, and texts that are none.
#include "convnext/ascend/host/npu_smi.h"

#include "test_util.h"

namespace convnext {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* k910B = R"(
+------------------------------------------------------------------------------------------------+
| npu-smi 24.1.rc2                 Version: 24.1.rc2                                             |
+---------------------------+---------------+----------------------------------------------------+
| NPU   Name                | Health        | Power(W)    Temp(C)           Hugepages-Usage(page)|
| Chip                      | Bus-Id        | AICore(%)   Memory-Usage(MB)  HBM-Usage(MB)        |
+===========================+===============+====================================================+
| 2     910B4               | OK            | 88.9        39                0    / 0             |
| 0                         | 0000:C2:00.0  | 0           0    / 0          2858 / 32768         |
+===========================+===============+====================================================+
| 5     910B4               | Warning       | 93.1        55                15   / 15            |
| 0                         | 0000:42:00.0  | 7           1197 / 13553      32001/ 32768         |
+===========================+===============+====================================================+
+---------------------------+---------------+----------------------------------------------------+
| NPU     Chip              | Process id    | Process name             | Process memory(MB)      |
+===========================+===============+====================================================+
| No running processes found in NPU 2                                                            |
+===========================+===============+====================================================+
| 5       0                 | 3277562       | mindie_llm_back          | 29014                   |
| 5       0                 | 41            |                          | 61                      |
+===========================+===============+====================================================+
)";

// Two chips on a card; the first is that of the power supply.
constexpr const char* k910_93 = R"(
| npu-smi 25.2.1                   Version: 25.2.1                                               |
+---------------------------+---------------+----------------------------------------------------+
| NPU   Name                | Health        | Power(W)    Temp(C)           Hugepages-Usage(page)|
| Chip  Phy-ID              | Bus-Id        | AICore(%)   Memory-Usage(MB)  HBM-Usage(MB)        |
+===========================+===============+====================================================+
| 0     Ascend910           | OK            | 164.4       48                0    / 0             |
| 0     0                   | 0000:9D:00.0  | 0           0    / 0          26690/ 65536         |
+------------------------------------------------------------------------------------------------+
| 0     Ascend910           | Alarm         | -           47                0    / 0             |
| 1     1                   | 0000:9F:00.0  | 0           0    / 0          26457/ 65536         |
+===========================+===============+====================================================+
| 7     Ascend910           | OK            | 169.8       49                0    / 0             |
| 1     15                  | 0000:99:00.0  | 0           0    / 0          26689/ 65536         |
+===========================+===============+====================================================+
| NPU     Chip              | Process id    | Process name             | Process memory(MB)      |
+===========================+===============+====================================================+
| 0       1                 | 900           | python3                  | 23281                   |
)";

constexpr const char* k310P = R"(
+--------------------------------------------------------------------------------------------------------+
| npu-smi 25.3.rc1                                 Version: 25.3.rc1                                     |
+-------------------------------+-----------------+------------------------------------------------------+
| NPU     Name                  | Health          | Power(W)     Temp(C)           Hugepages-Usage(page) |
| Chip    Device                | Bus-Id          | AICore(%)    Memory-Usage(MB)                        |
+===============================+=================+======================================================+
| 6       310P3                 | OK              | NA           50                0     / 0             |
| 0       0                     | 0000:84:00.0    | 0            1839 / 21525                            |
+===============================+=================+======================================================+
| 7       310B4                 | OK              | 9.6          56                15    / 15            |
| 0       0                     | NA              | NA           3398 / 11578                            |
+===============================+=================+======================================================+
)";

constexpr const char* k950 = R"(
| npu-smi 25.7.rc1                                 Version: 25.7.rc1                              |
+--------+------------------+---------------+-----------------------------------------------------+
| NPU ID | Name             | Health        | Power(W)    Temp(C)           Hugepages-Usage(page) |
|        |                  | Bus-Id        | NPU Util(%) Memory-Usage(MB)  HBM-Usage(MB)         |
+========+==================+===============+=====================================================+
| 1      | Ascend950PR      | Alarm         | 205.7       71                0     / 0             |
|        |                  | 0000:71:00.0  | 100         0    / 0          90633 / 114688        |
+========+==================+===============+=====================================================+
| 2      | Ascend950DT      | OK            | 380.7       44                0     / 0             |
|        |                  | NA            | 0           0    / 0          6632  / 86016         |
+========+==================+===============+=====================================================+
| NPU ID | Process id    | Process name       | Process memory(MB)    | Process id in container     |
+========+==================+===============+=====================================================+
| 1      | 77            | vllm               | 90000                 | 12                          |
)";

// "NPU.chip(physical) name health bus used/total"
std::string Text(const NpuSmiChip& chip) {
  const auto number = [](const std::optional<int64_t>& n) { return n ? std::to_string(*n) : "?"; };
  return fmt::format("{}.{}({}) {} {} {} {}/{}", chip.npu, chip.chip, number(chip.physical_id), chip.name, chip.health,
                     chip.bus_id.empty() ? "-" : chip.bus_id, number(chip.used_mb), number(chip.total_mb));
}

std::vector<std::string> Chips(const char* text) {
  std::vector<std::string> chips;
  for (const NpuSmiChip& chip : ParseNpuSmi(text).chips) chips.push_back(Text(chip));
  return chips;
}

std::vector<std::string> Processes(const char* text) {
  std::vector<std::string> processes;
  for (const NpuSmiProcess& p : ParseNpuSmi(text).processes)
    processes.push_back(fmt::format("{}.{} {} \"{}\" {}", p.npu, p.chip, p.pid, p.name, p.memory_mb.value_or(-1)));
  return processes;
}

TEST(NpuSmi, Of910B) {
  EXPECT_THAT(Chips(k910B), testing::ElementsAre("2.0(?) 910B4 OK 0000:C2:00.0 2858/32768",
                                                 "5.0(?) 910B4 Warning 0000:42:00.0 32001/32768"));
  EXPECT_THAT(Processes(k910B), testing::ElementsAre("5.0 3277562 \"mindie_llm_back\" 29014", "5.0 41 \"\" 61"));
  EXPECT_EQ(ParseNpuSmi(k910B).version, "24.1.rc2");
  EXPECT_FALSE(ParseNpuSmi(k910B).error);
}

TEST(NpuSmi, Of910_93) {
  EXPECT_THAT(Chips(k910_93), testing::ElementsAre("0.0(0) Ascend910 OK 0000:9D:00.0 26690/65536",
                                                   "0.1(1) Ascend910 Alarm 0000:9F:00.0 26457/65536",
                                                   "7.1(15) Ascend910 OK 0000:99:00.0 26689/65536"));
  EXPECT_THAT(Processes(k910_93), testing::ElementsAre("0.1 900 \"python3\" 23281"));
}

TEST(NpuSmi, Of310PAnd310B) {
  EXPECT_THAT(Chips(k310P),
              testing::ElementsAre("6.0(?) 310P3 OK 0000:84:00.0 1839/21525", "7.0(?) 310B4 OK - 3398/11578"));
  EXPECT_THAT(Processes(k310P), IsEmpty());
  EXPECT_EQ(ParseNpuSmi(k310P).version, "25.3.rc1");
}

TEST(NpuSmi, Of950) {
  EXPECT_THAT(Chips(k950), testing::ElementsAre("1.0(?) Ascend950PR Alarm 0000:71:00.0 90633/114688",
                                                "2.0(?) Ascend950DT OK - 6632/86016"));
  EXPECT_THAT(Processes(k950), testing::ElementsAre("1.0 77 \"vllm\" 90000"));
}

TEST(NpuSmi, Failures) {
  const auto error = [](std::string_view text) { return ParseNpuSmi(text).error.value_or(0); };
  EXPECT_EQ(error("dcmi module initialize failed. ret is -8005"), 8005);
  EXPECT_EQ(error("DrvMngGetConsoleLogLevel failed. (g_conLogLevel=3)\n"
                  "dcmi model initialized failed, because the device is used. ret is -8020\n"),
            8020);
  EXPECT_EQ(error("npu get board type failed. ret is -9005"), 9005);
  EXPECT_EQ(error("ret is -"), 0);
  EXPECT_EQ(error("ret is -99999999999999999999999"), 0);
}

TEST(NpuSmi, Health) {
  for (const char* health : {"Alarm", "Critical", "UNKNOWN", "Unknown"})
    EXPECT_TRUE(IsUnhealthy({0, 0, {}, "", health, "", {}, {}})) << health;
  for (const char* health : {"OK", "Warning", "", "alarming"})
    EXPECT_FALSE(IsUnhealthy({0, 0, {}, "", health, "", {}, {}})) << health;
}

TEST(NpuSmi, NoTable) {
  for (const char* text :
       {"", "\n\n", "|", "||||||||||||||||", "bash: npu-smi: command not found", "| 0 910B4 | OK |",
        "| 0 910B4 | OK | 1 2 0 / 0 |", "| 0 910B4 | OK | 1 |\n| x | 0000:C1:00.0 | 1 / 2 |",
        "| 0 | 0000:C1:00.0 | 1 / 2 |", "| -1 910B4 | OK | 1 |\n| 0 | 0 | 1 / 2 |",
        "| 99999999999999999999 910B4 | OK | 1 |\n| 0 | 0 | 1 / 2 |", "| 0 1 | OK | 1 |\n| 0 | 0 | 1 / 2 |",
        "| Process id |\n| 0 910B4 | OK | 1 |\n| 0 | 0000:C1:00.0 | 1 / 2 |"}) {
    EXPECT_THAT(Chips(text), IsEmpty()) << text;
    EXPECT_THAT(Processes(text), IsEmpty()) << text;
  }
}

// A row that is cut or holds nonsense spoils no other.
TEST(NpuSmi, DamagedRows) {
  EXPECT_THAT(Chips("| 0 910B4 | OK | 1 |\n| 1 910B4 | OK | 1 |\n| 0 | 0000:C1:00.0 | 0 / 0 1 / 2 |\n"),
              testing::ElementsAre("1.0(?) 910B4 OK 0000:C1:00.0 1/2"));
  EXPECT_THAT(Chips("| 0 910B4 | OK | 1 |\r\n| 0 | 0000:C1:00.0 | / / 5 / x 7/8 |\r\n"),
              testing::ElementsAre("0.0(?) 910B4 OK 0000:C1:00.0 7/8"));
  EXPECT_THAT(Chips("| 0 910B4 | OK | 1 |\n| 0 | NA | NA |\n"), testing::ElementsAre("0.0(?) 910B4 OK - ?/?"));
  const std::string pad(600, ' ');
  EXPECT_THAT(Chips(("| 0 910B4 | OK | 1 |" + pad + "\n| 0 | NA | 1 / 2 |\n").c_str()), IsEmpty());
}

TEST(NpuSmi, IsBounded) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += "| 0 910B4 | OK | 1 |\n| 0 | NA | 1 / 2 |\n";
  EXPECT_THAT(ParseNpuSmi(text).chips, SizeIs(testing::Le(1000U)));
  const NpuSmiInfo info = ParseNpuSmi("| npu-smi Version: 2" + std::string(300, '5') + " |\n| 0 " +
                                      std::string(300, 'x') + " | OK | 1 |\n| 0 | NA | 1 / 2 |\n");
  EXPECT_EQ(info.version.size(), 100U);
  ASSERT_THAT(info.chips, SizeIs(1));
  EXPECT_EQ(info.chips[0].name.size(), 100U);
}

}  // namespace
}  // namespace convnext
