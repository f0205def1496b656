import MerkleLog
import OpenSSL
import Testing

/// Roots and proofs against the definitions of RFC 6962.
@Suite struct MerkleTreeTests {
    private static let size = 300
    private static let leaves = (0..<size).map { MerkleTree.leafHash(Array("entry \($0)".utf8)) }

    @Test("The frontier's root, and the one from stored nodes, is the defined one at every size to 300")
    func roots() {
        let naive = NaiveTree(Self.leaves)
        let nodes = StoredNodes(Self.leaves)
        var frontier = Frontier()
        #expect(frontier.root == naive.root(0, 0))
        for size in 1...Self.size {
            frontier.append(Self.leaves[size - 1])
            #expect(frontier.size == size)
            #expect(frontier.root == naive.root(0, size))
            #expect(nodes.root(Subtree.tree(ofSize: size)) == naive.root(0, size))
        }
    }

    @Test("Appending n leaves stores fewer than 2n hashes, and a proof reads no more than two for each level")
    func cost() {
        let nodes = StoredNodes(Self.leaves)
        #expect(nodes.hashes.count < 2 * Self.size)
        for size in 1...Self.size {
            let levels = Int.bitWidth - size.leadingZeroBitCount
            for leaf in 0..<size {
                let places = InclusionProof.subtrees(leafIndex: leaf, treeSize: size).flatMap(\.places)
                #expect(places.count <= 2 * levels)
            }
            for from in 1...size {
                let places = ConsistencyProof.subtrees(fromSize: from, toSize: size).flatMap(\.places)
                #expect(places.count <= 2 * levels)
            }
        }
    }

    @Test("Every inclusion proof to size 300 is the defined one and holds; for another leaf, index or root it does not")
    func inclusion() {
        let naive = NaiveTree(Self.leaves)
        let nodes = StoredNodes(Self.leaves)
        for size in 1...Self.size {
            let root = naive.root(0, size)
            for leaf in 0..<size {
                let proof = nodes.inclusion(leaf, size)
                if proof.path != naive.path(leaf, 0, size) { Issue.record("path(\(leaf), \(size))") }
                if !proof.isValid(leafHash: Self.leaves[leaf], root: root) { Issue.record("\(leaf) in \(size)") }
            }
            let proof = nodes.inclusion(size / 2, size)
            let other = Self.leaves[(size / 2 + 1) % Self.size]
            #expect(!proof.isValid(leafHash: other, root: root))
            #expect(!proof.isValid(leafHash: Self.leaves[size / 2], root: MerkleTree.emptyRoot))
            for index in [-1, size / 2 + 1, size] {
                let moved = InclusionProof(leafIndex: index, treeSize: size, path: proof.path)
                #expect(!moved.isValid(leafHash: Self.leaves[size / 2], root: root))
            }
        }
    }

    @Test("Every consistency proof to size 300 is the defined one and holds; between other roots or sizes it does not")
    func consistency() {
        let naive = NaiveTree(Self.leaves)
        let nodes = StoredNodes(Self.leaves)
        for to in 1...Self.size {
            for from in 1...to {
                let proof = nodes.consistency(from, to)
                let (earlier, later) = (naive.root(0, from), naive.root(0, to))
                if proof.path != naive.proof(from, to) { Issue.record("proof(\(from), \(to))") }
                if !proof.isValid(from: earlier, to: later) { Issue.record("\(from) to \(to)") }
                if from < to, proof.isValid(from: later, to: later) || proof.isValid(from: earlier, to: earlier) {
                    Issue.record("\(from) to \(to) holds for other roots")
                }
            }
        }
    }

    @Test("A proof with a bit changed, a hash more or one less, or two exchanged, holds no more")
    func forgeries() {
        let nodes = StoredNodes(Self.leaves)
        func forged(_ path: [MerkleTree.Hash]) -> [[MerkleTree.Hash]] {
            var all = [path + [MerkleTree.emptyRoot], [MerkleTree.emptyRoot] + path]
            for index in path.indices {
                var changed = path
                changed[index] = MerkleTree.nodeHash(path[index], path[index])
                all.append(changed)
                changed = path
                changed.remove(at: index)
                all.append(changed)
                if index > 0 {
                    changed = path
                    changed.swapAt(index, index - 1)
                    all.append(changed)
                }
            }
            return all
        }
        for size in [1, 2, 3, 4, 5, 7, 8, 9, 64, 65, 100, 127, 128, 129, 300] {
            let root = nodes.root(Subtree.tree(ofSize: size))
            for leaf in Set([0, size / 3, size - 1]) {
                for path in forged(nodes.inclusion(leaf, size).path) {
                    let proof = InclusionProof(leafIndex: leaf, treeSize: size, path: path)
                    #expect(!proof.isValid(leafHash: Self.leaves[leaf], root: root))
                }
            }
            for from in Set([1, max(1, size / 3), max(1, size / 2), size]) {
                let earlier = nodes.root(Subtree.tree(ofSize: from))
                for path in forged(nodes.consistency(from, size).path) {
                    let proof = ConsistencyProof(fromSize: from, toSize: size, path: path)
                    #expect(!proof.isValid(from: earlier, to: root))
                }
            }
        }
    }

    @Test("A consistency proof from no leaves, or back to fewer, is none")
    func outside() {
        let root = MerkleTree.emptyRoot
        #expect(!ConsistencyProof(fromSize: 0, toSize: 1, path: []).isValid(from: root, to: root))
        #expect(!ConsistencyProof(fromSize: 2, toSize: 1, path: []).isValid(from: root, to: root))
        #expect(ConsistencyProof(fromSize: 2, toSize: 2, path: []).isValid(from: root, to: root))
        #expect(!InclusionProof(leafIndex: 0, treeSize: 0, path: []).isValid(leafHash: root, root: root))
    }
}

/// The eight leaves that implementations of Certificate Transparency are tested with.
@Suite struct CertificateTransparencyVectorTests {
    private static let entries = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ]
    private static let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    private static let nodes = StoredNodes(
        entries.map { MerkleTree.leafHash(Hexadecimal.decode($0) ?? []) })

    @Test("The roots of one to eight leaves, and of none")
    func roots() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect("\(MerkleTree.emptyRoot)" == empty)
        for (index, root) in Self.roots.enumerated() {
            #expect("\(Self.nodes.root(Subtree.tree(ofSize: index + 1)))" == root)
        }
    }

    @Test("Audit paths")
    func paths() {
        func path(_ leaf: Int, _ size: Int) -> [String] { Self.nodes.inclusion(leaf, size).path.map { "\($0)" } }
        #expect(path(0, 1) == [])
        #expect(path(0, 8) == [Self.node10, Self.node2, Self.node4])
        #expect(path(5, 8) == [Self.leaf4, Self.node6, Self.roots[3]])
        #expect(path(2, 3) == [Self.roots[1]])
        #expect(path(1, 5) == [Self.roots[0], Self.node2, Self.leaf4])
    }

    @Test("Consistency proofs")
    func consistency() {
        func path(_ from: Int, _ to: Int) -> [String] { Self.nodes.consistency(from, to).path.map { "\($0)" } }
        #expect(path(1, 1) == [])
        #expect(path(1, 8) == [Self.node10, Self.node2, Self.node4])
        #expect(path(6, 8) == [Self.node45, Self.node6, Self.roots[3]])
        #expect(path(2, 5) == [Self.node2, Self.leaf4])
    }

    private static let node10 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
    private static let node2 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
    private static let node4 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
    private static let leaf4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
    private static let node45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
    private static let node6 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
}
