import * as tf from '@tensorflow/tfjs-core';
import { enable, dense, sequential, sgd, adamw, fit, random, trainStep, trainable, disposeState, accuracy, disable } from '../src/index.ts';
const rt = await enable(); console.log(rt.tier, rt.threads, rt.limits);
const [a,b,c] = random.split(random.key(1),3);
const net = sequential([dense(784,1024,{activation:'relu',key:a}),dense(1024,1024,{activation:'relu',key:b}),dense(1024,10,{key:c})]);
const x = new Uint8Array(25600*784).map((_,i)=>(i*7919)%251), y = new Uint8Array(25600).map((_,i)=>i%10);
for await (const e of fit(net,{x,y,transform:t=>tf.div(t,255)},{optimiser:sgd({learningRate:.01}),batchSize:128,epochs:2, metrics: {accuracy}})) { if(e.type!=='step') console.log(e); }
for (const [n,opt] of [['sgd',sgd()],['adamw',adamw()]] as const) {
const st=opt.init(trainable(net)); const bx=random.normal(a,[128,784]), by=tf.tensor1d(y.slice(0,128),'int32');
const times=[]; for(let i=0;i<150;i++){const t=performance.now(); trainStep(net,{x:bx,y:by},{optimiser:opt,state:st}).dispose(); times.push(performance.now()-t)} times.sort((p,q)=>p-q); console.log(n,'step ms best',times[0],'median',times[75]);
if(n==='sgd'){const prof = await rt.profile(()=>{ for(let i=0;i<20;i++) trainStep(net,{x:bx,y:by},{optimiser:opt,state:st}).dispose() });
console.log(Object.keys(prof), prof.summary ?? '');}
disposeState(st); bx.dispose(); by.dispose(); }
const [d,e2,f]=random.split(random.key(2),3);
const tiny = sequential([dense(8,8,{activation:'relu',key:d}),dense(8,8,{activation:'relu',key:e2}),dense(8,4,{key:f})]);
const opt=sgd(), st=opt.init(trainable(tiny)), bx=random.normal(a,[4,8]), by=tf.tensor1d([0,1,2,3],'int32');
for(let r=0;r<4;r++){const t=performance.now(); for(let i=0;i<500;i++) trainStep(tiny,{x:bx,y:by},{optimiser:opt,state:st}).dispose(); console.log('tiny step us',(performance.now()-t)*2)}
await disable();
