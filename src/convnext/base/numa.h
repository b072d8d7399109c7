#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace convnext {

// Cores that share a memory controller. A Kunpeng 920 has two such nodes in each socket, a desktop one.
struct NumaNode {
  int id = 0;
  std::vector<int> cores;     // those that this process may use
  size_t physical_cores = 0;  // what they are without the second and further threads of a core (SMT); 0 of a sole node
};

// The nodes that have cores of the calling thread's affinity mask; first the one that it runs on. At least one.
std::vector<NumaNode> NumaNodes();

// The same as `root`/sys/devices/system/node says for a thread that may use `allowed` and runs on core `current`.
std::vector<NumaNode> ReadNumaNodes(const std::string& root, std::span<const int> allowed, int current);

// The cores of a list of the kernel: "0-3,8,10-11". Empty if it is malformed or names a core beyond 65535.
std::vector<int> ParseCoreList(const std::string& text);

// How many of `threads` each node gets: nodes are filled up in order, a thread for each physical core, so that few
// threads stay near each other's memory; what is over is shared out in proportion.
std::vector<size_t> PlaceThreads(std::span<const NumaNode> nodes, size_t threads);

// The nodes to which PlaceThreads gives threads.
std::vector<NumaNode> NodesInUse(std::span<const NumaNode> nodes, size_t threads);

// Binds the calling thread to `cores`, each in [0, 65536); without effect where the system refuses.
void BindToCores(std::span<const int> cores);

// While it lives, memory that the calling thread is the first to touch is dealt out page by page among `nodes`: for
// what the threads of all nodes read, as weights. Without effect with one node, where the thread has a policy already
// (numactl), or where the system refuses (containers often do).
class InterleavedMemory {
 public:
  explicit InterleavedMemory(std::span<const NumaNode> nodes);
  InterleavedMemory(const InterleavedMemory&) = delete;
  InterleavedMemory& operator=(const InterleavedMemory&) = delete;
  ~InterleavedMemory();

 private:
  bool interleaved_ = false;
};

}  // namespace convnext
