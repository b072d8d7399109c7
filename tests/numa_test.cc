// Threads and memory where cores have memory of their own, on topologies that this machine does not have.
#include "convnext/base/numa.h"

#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <numeric>

#include "convnext/base/cores.h"
#include "convnext/base/thread_pool.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int> CoreRange(int first, int last) {
  std::vector<int> cores(static_cast<size_t>(last - first));
  std::iota(cores.begin(), cores.end(), first);
  return cores;
}

// Two sockets of a Kunpeng 920: four nodes of 32 cores.
struct FakeKunpeng {
  FakeKunpeng() {
    const std::string nodes = root / "sys/devices/system/node/";
    EXPECT_TRUE(WriteFile(nodes + "online", "0-3\n").ok());
    for (int i = 0; i < 4; ++i) {
      const std::string list = std::to_string(32 * i) + "-" + std::to_string(32 * i + 31) + "\n";
      EXPECT_TRUE(WriteFile(nodes + "node" + std::to_string(i) + "/cpulist", list).ok());
    }
  }
  std::vector<NumaNode> Nodes(const std::vector<int>& allowed, int current) const {
    return ReadNumaNodes(root.path(), allowed, current);
  }
  TemporaryDirectory root;
};

std::vector<int> NodeIds(const std::vector<NumaNode>& nodes) {
  std::vector<int> ids;
  for (const NumaNode& node : nodes) ids.push_back(node.id);
  return ids;
}

TEST(NumaNodes, ReadsListsOfTheKernel) {
  EXPECT_THAT(ParseCoreList("0-3,8,10-11"), ElementsAre(0, 1, 2, 3, 8, 10, 11));
  EXPECT_THAT(ParseCoreList("7"), ElementsAre(7));
  for (const char* wrong :
       {"", "-1", "3-1", "0-", "a", "0,,1", "0-99999999", "99999999999999999999", "0 1", "65536", "0-3,", ",0"})
    EXPECT_THAT(ParseCoreList(wrong), IsEmpty()) << wrong;
  std::string many = "0-65535";
  for (int i = 0; i < 100; ++i) many += ",0-65535";
  EXPECT_THAT(ParseCoreList(many), IsEmpty());
}

TEST(NumaNodes, BeginWithTheOwn) {
  const FakeKunpeng machine;
  EXPECT_THAT(NodeIds(machine.Nodes(CoreRange(0, 128), 5)), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(NodeIds(machine.Nodes(CoreRange(0, 128), 70)), ElementsAre(2, 3, 0, 1));
  EXPECT_EQ(machine.Nodes(CoreRange(0, 128), 70)[0].cores, CoreRange(64, 96));
}

// As under taskset, numactl or a cpuset: only what is allowed.
TEST(NumaNodes, KeepToTheAffinityMask) {
  const FakeKunpeng machine;
  const auto nodes = machine.Nodes(CoreRange(30, 35), 33);
  EXPECT_THAT(NodeIds(nodes), ElementsAre(1, 0));
  EXPECT_THAT(nodes[0].cores, ElementsAre(32, 33, 34));
  EXPECT_THAT(nodes[1].cores, ElementsAre(30, 31));
  EXPECT_THAT(NodeIds(machine.Nodes(CoreRange(96, 100), 96)), ElementsAre(3));
}

TEST(NumaNodes, AreOneWhereNothingIsKnown) {
  const TemporaryDirectory nothing;
  const auto nodes = ReadNumaNodes(nothing.path(), CoreRange(0, 3), 1);
  ASSERT_EQ(nodes.size(), 1u);
  EXPECT_EQ(nodes[0].cores, CoreRange(0, 3));
  EXPECT_GE(NumaNodes().size(), 1u);  // of this machine
}

TEST(PlaceThreads, FillsNodesInOrder) {
  const FakeKunpeng machine;
  const auto nodes = machine.Nodes(CoreRange(0, 128), 0);
  EXPECT_THAT(PlaceThreads(nodes, 1), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(PlaceThreads(nodes, 32), ElementsAre(32, 0, 0, 0));  // near one memory
  EXPECT_THAT(PlaceThreads(nodes, 48), ElementsAre(32, 16, 0, 0));
  EXPECT_THAT(PlaceThreads(nodes, 128), Each(32));
  EXPECT_THAT(PlaceThreads(nodes, 134), ElementsAre(33, 34, 33, 34));
  EXPECT_THAT(NodeIds(NodesInUse(nodes, 32)), ElementsAre(0));
  EXPECT_THAT(NodeIds(NodesInUse(nodes, 33)), ElementsAre(0, 1));
}

// Two sockets of 8 physical cores with two threads each, numbered as Linux does: 0 to 7 and 16 to 23 are socket 0's.
TEST(PlaceThreads, TakesPhysicalCoresFirst) {
  const TemporaryDirectory root;
  const std::string devices = root / "sys/devices/system/";
  ASSERT_TRUE(WriteFile(devices + "node/online", "0-1\n").ok());
  ASSERT_TRUE(WriteFile(devices + "node/node0/cpulist", "0-7,16-23\n").ok());
  ASSERT_TRUE(WriteFile(devices + "node/node1/cpulist", "8-15,24-31\n").ok());
  for (int core = 0; core < 32; ++core) {
    const std::string siblings = std::to_string(core % 16) + "," + std::to_string(core % 16 + 16) + "\n";
    const std::string topology = devices + "cpu/cpu" + std::to_string(core) + "/topology/";
    ASSERT_TRUE(WriteFile(topology + "thread_siblings_list", siblings).ok());
  }
  const auto nodes = ReadNumaNodes(root.path(), CoreRange(0, 32), 0);
  ASSERT_EQ(nodes.size(), 2u);
  EXPECT_EQ(nodes[0].cores.size(), 16u);
  EXPECT_EQ(nodes[0].physical_cores, 8u);
  EXPECT_THAT(PlaceThreads(nodes, 8), ElementsAre(8, 0));
  EXPECT_THAT(PlaceThreads(nodes, 16), ElementsAre(8, 8));
  EXPECT_THAT(PlaceThreads(nodes, 24), ElementsAre(12, 12));
  // The second threads alone, and one pair: cores of their own but for that one.
  EXPECT_EQ(ReadNumaNodes(root.path(), std::vector<int>{7, 8, 16, 17, 23}, 16)[0].physical_cores, 3u);
}

// Each thread that the pool starts may run on the cores of its node and no others. Only one core is sure to be there,
// so both nodes have it; that binding took place shows in the mask's size.
TEST(ThreadPoolOnNodes, BindsItsThreads) {
  if (AllowedCores().size() < 2) GTEST_SKIP() << "one core: a thread that is not bound looks the same";
  const int here = ::sched_getcpu();
  ThreadPool pool(4, {{0, {here}}, {1, {here}}});
  ASSERT_EQ(pool.size(), 4);
  EXPECT_THAT(pool.node_of_worker(), ElementsAre(0, 0, 1, 1));
  std::vector<int> cores(static_cast<size_t>(pool.size()), 0);
  std::atomic<size_t> arrived = 0;
  pool.Run(cores.size(), [&](size_t, size_t worker) {
    cpu_set_t set;
    CPU_ZERO(&set);
    ::sched_getaffinity(0, sizeof set, &set);
    cores[worker] = CPU_ISSET(here, &set) ? CPU_COUNT(&set) : -1;
    for (++arrived; arrived < cores.size();) ::sched_yield();  // so that each thread takes one
  });
  cores.erase(cores.begin());  // the calling thread is not bound
  EXPECT_THAT(cores, Each(1));
}

// All threads busy, each node takes its own run of indices, in proportion to its threads.
TEST(ThreadPoolOnNodes, GivesEachNodeTheSameIndicesEveryTime) {
  const int here = ::sched_getcpu();
  ThreadPool pool(4, {{0, {here}}, {1, {here}}, {2, {here}}});
  ASSERT_EQ(pool.size(), 4);
  ASSERT_THAT(pool.node_of_worker(), ElementsAre(0, 1, 2, 2));
  for (int round = 0; round < 50; ++round) {
    std::vector<size_t> node_of_index(4);
    std::atomic<size_t> arrived = 0;
    pool.Run(4, [&](size_t index, size_t worker) {
      node_of_index[index] = pool.node_of_worker()[worker];
      for (++arrived; arrived < 4;) ::sched_yield();
    });
    EXPECT_THAT(node_of_index, ElementsAre(0, 1, 2, 2));
  }
}

TEST(ThreadPoolOnNodes, HelpsWhereANodeIsSlow) {
  const int here = ::sched_getcpu();
  ThreadPool pool(2, {{0, {here}}, {1, {here}}});
  ASSERT_EQ(pool.size(), 2);
  std::vector<std::atomic<int>> calls(1000);
  std::atomic<size_t> done = 0;
  pool.Run(calls.size(), [&](size_t index, size_t) {
    ++calls[index];
    ++done;
    if (index == 0) {
      while (done < calls.size()) ::sched_yield();  // the other thread does everything else
    }
  });
  for (const auto& n : calls) ASSERT_EQ(n, 1);
}

// The calling thread's memory policy; -1 where the system does not tell.
int MemoryPolicy() {
  int policy = MPOL_DEFAULT;
  return ::syscall(SYS_get_mempolicy, &policy, nullptr, 0, nullptr, 0) == 0 ? policy : -1;
}

TEST(InterleavedMemory, EndsWithItsScope) {
  if (MemoryPolicy() != MPOL_DEFAULT || ::syscall(SYS_set_mempolicy, MPOL_DEFAULT, nullptr, 0) != 0)
    GTEST_SKIP() << "this system does not let a thread choose its memory policy, or somebody has";
  {
    const InterleavedMemory one(std::vector<NumaNode>{{0, {0}}});
    EXPECT_EQ(MemoryPolicy(), MPOL_DEFAULT);
  }
  const std::vector<NumaNode> two = {{0, {0}}, {0, {0}}};
  {
    const InterleavedMemory interleaved(two);
    EXPECT_EQ(MemoryPolicy(), MPOL_INTERLEAVE);
    {
      const InterleavedMemory again(two);  // leaves alone what it finds
    }
    EXPECT_EQ(MemoryPolicy(), MPOL_INTERLEAVE);
  }
  EXPECT_EQ(MemoryPolicy(), MPOL_DEFAULT);
}

}  // namespace
}  // namespace convnext
