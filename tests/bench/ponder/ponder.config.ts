import { createConfig } from 'ponder'
import { http, parseAbi } from 'viem'

const [token, from, to] = [process.env.BENCH_TOKEN as `0x${string}`, Number(process.env.BENCH_FROM), Number(process.env.BENCH_TO)]

export default createConfig({
  networks: { anvil: { chainId: 31337, transport: http(process.env.BENCH_NODE), maxRequestsPerSecond: 1000, pollingInterval: 1000 } },
  contracts: {
    Token: {
      network: 'anvil', address: token, startBlock: from, endBlock: to,
      abi: parseAbi(['event Transfer(address indexed from, address indexed to, uint256 value)']),
    },
  },
})
