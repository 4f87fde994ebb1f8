// Reads batcher transactions with op-node's own decoder, and writes channels as op-batcher does: JSON on stdin, JSON on
// stdout.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log"
	"math/big"
	"os"

	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"
	"github.com/ethereum-optimism/optimism/op-service/eth"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

const (
	// maxChannelBytes is op-node's limit since Fjord.
	maxChannelBytes = 100_000_000
	// maxFrame fills a blob, whose data begins with a version byte.
	maxFrame = eth.MaxBlobDataSize - 1
)

type request struct {
	ChainID     uint64          `json:"chainId"`
	GenesisTime uint64          `json:"genesisTime"`
	BlockTime   uint64          `json:"blockTime"`
	Payloads    []hexutil.Bytes `json:"payloads"`
	Blobs       bool            `json:"blobs"`
	// Blocks asks for a channel of span batches instead; the first transaction of each is its L1 attributes.
	Blocks      []source `json:"blocks"`
	Compression string   `json:"compression"`
}

type source struct {
	ParentHash   common.Hash     `json:"parentHash"`
	Number       uint64          `json:"number,string"`
	Timestamp    uint64          `json:"timestamp,string"`
	Transactions []hexutil.Bytes `json:"transactions"`
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
	Bytes       int     `json:"bytes"`
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
		work := decode
		if len(one.Blocks) > 0 {
			work = encode
		}
		if err := work(one, &answers[i]); err != nil {
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

func encode(asked request, made *answer) error {
	config := configOf(asked)
	algorithm := derive.CompressionAlgo(asked.Compression)
	out, err := derive.NewSpanChannelOut(maxChannelBytes, algorithm, rollup.NewChainSpec(config))
	if err != nil {
		return err
	}
	for _, block := range asked.Blocks {
		payload := eth.ExecutionPayload{ParentHash: block.ParentHash, BlockNumber: eth.Uint64Quantity(block.Number)}
		payload.Timestamp = eth.Uint64Quantity(block.Timestamp)
		for _, transaction := range block.Transactions {
			payload.Transactions = append(payload.Transactions, eth.Data(transaction))
		}
		if _, err := out.AddBlock(config, &payload); err != nil {
			return err
		}
	}
	if err := out.Close(); err != nil {
		return err
	}
	for {
		var frame bytes.Buffer
		_, err := out.OutputFrame(&frame, maxFrame)
		made.Bytes += 1 + frame.Len()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// configOf is a chain with every upgrade up to Isthmus from genesis on.
func configOf(asked request) *rollup.Config {
	now := uint64(0)
	config := rollup.Config{BlockTime: asked.BlockTime, L2ChainID: new(big.Int).SetUint64(asked.ChainID)}
	config.Genesis.L2Time = asked.GenesisTime
	config.RegolithTime, config.CanyonTime, config.DeltaTime, config.EcotoneTime = &now, &now, &now, &now
	config.FjordTime, config.GraniteTime, config.HoloceneTime, config.IsthmusTime = &now, &now, &now, &now
	return &config
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
	span, err := derive.DeriveSpanBatch(data, configOf(asked))
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
