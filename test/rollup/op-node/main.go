// Reads batcher transactions with op-node's own decoder: JSON on stdin, JSON on stdout.
package main

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"math/big"
	"os"

	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"
	"github.com/ethereum-optimism/optimism/op-service/eth"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// maxChannelBytes is op-node's limit since Fjord.
const maxChannelBytes = 100_000_000

type request struct {
	ChainID     uint64          `json:"chainId"`
	GenesisTime uint64          `json:"genesisTime"`
	BlockTime   uint64          `json:"blockTime"`
	Payloads    []hexutil.Bytes `json:"payloads"`
	Blobs       bool            `json:"blobs"`
}

type block struct {
	Timestamp    uint64          `json:"timestamp,string"`
	EpochNumber  uint64          `json:"epochNumber,string"`
	Transactions []hexutil.Bytes `json:"transactions"`
}

type batch struct {
	Kind   string  `json:"kind"`
	Parent string  `json:"parent"`
	Origin string  `json:"origin"`
	Blocks []block `json:"blocks"`
}

type answer struct {
	Batches     []batch `json:"batches"`
	Compression string  `json:"compression"`
	Error       string  `json:"error,omitempty"`
}

func main() {
	var asked []request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		log.Fatal(err)
	}
	answers := make([]answer, len(asked))
	for i, one := range asked {
		answers[i].Batches = []batch{}
		if err := decode(one, &answers[i]); err != nil {
			answers[i].Error = err.Error()
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}

func decode(asked request, found *answer) error {
	channel, err := assemble(asked)
	if err != nil {
		return err
	}
	next, err := derive.BatchReader(channel.Reader(), maxChannelBytes, true)
	if err != nil {
		return err
	}
	for {
		data, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		found.Compression = string(data.ComprAlgo)
		read, err := readBatch(data, asked)
		if err != nil {
			return err
		}
		found.Batches = append(found.Batches, read)
	}
}

func assemble(asked request) (*derive.Channel, error) {
	var channel *derive.Channel
	for _, payload := range asked.Payloads {
		data := eth.Data(payload)
		if asked.Blobs {
			var blob eth.Blob
			copy(blob[:], payload)
			var err error
			if data, err = blob.ToData(); err != nil {
				return nil, err
			}
		}
		frames, err := derive.ParseFrames(data)
		if err != nil {
			return nil, err
		}
		for _, frame := range frames {
			if channel == nil {
				channel = derive.NewChannel(frame.ID, eth.L1BlockRef{}, true)
			}
			if err := channel.AddFrame(frame, eth.L1BlockRef{}); err != nil {
				return nil, err
			}
		}
	}
	if channel == nil || !channel.IsReady() {
		return nil, errors.New("the channel is not complete")
	}
	return channel, nil
}

func readBatch(data *derive.BatchData, asked request) (batch, error) {
	if data.GetBatchType() == derive.SingularBatchType {
		single, err := derive.GetSingularBatch(data)
		if err != nil {
			return batch{}, err
		}
		transactions := append([]hexutil.Bytes{}, single.Transactions...)
		only := block{single.Timestamp, uint64(single.EpochNum), transactions}
		return batch{"singular", single.ParentHash.Hex(), single.EpochHash.Hex(), []block{only}}, nil
	}
	config := rollup.Config{BlockTime: asked.BlockTime, L2ChainID: new(big.Int).SetUint64(asked.ChainID)}
	config.Genesis.L2Time = asked.GenesisTime
	span, err := derive.DeriveSpanBatch(data, &config)
	if err != nil {
		return batch{}, err
	}
	blocks := make([]block, span.GetBlockCount())
	for i := range blocks {
		transactions := append([]hexutil.Bytes{}, span.GetBlockTransactions(i)...)
		blocks[i] = block{span.GetBlockTimestamp(i), span.GetBlockEpochNum(i), transactions}
	}
	parent, origin := hexutil.Encode(span.ParentCheck[:]), hexutil.Encode(span.L1OriginCheck[:])
	return batch{"span", parent, origin, blocks}, nil
}
